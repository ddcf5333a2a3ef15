import polars
import pytest

from m3ae.report.calibration import calibration, reliability


def rows(*answers):
    """Rows of (confidence, whether right)."""
    return polars.DataFrame({"best_scores": [[sure, 0.0] for sure, _ in answers], "score": [float(right) for _, right in answers]})


def test_a_model_that_is_right_as_often_as_it_is_confident_has_no_error():
    found = calibration("a", rows(*[(0.75, number < 3) for number in range(4)], *[(0.25, number < 1) for number in range(4)]))
    assert found.error == 0 and [(part.num_rows, part.confidence, part.right) for part in found.bins] == [(4, 0.25, 0.25), (4, 0.75, 0.75)]


def test_the_error_is_the_mean_gap_weighted_by_answers():
    found = calibration("a", rows((0.95, False), (0.95, False), (0.95, False), (0.15, False)))
    assert found.error == pytest.approx((3 * 95 + 15) / 4)


def test_both_ends_of_the_scale_have_a_bin():
    assert [part.confidence for part in calibration("a", rows((0.0, False), (1.0, True), (1.0000001, True))).bins] == [0.0, 1.0]


def test_the_diagram_names_each_model_and_its_error():
    found = [calibration(model, rows((0.5, right), (0.9, True))) for model, right in (("ours", True), ("theirs", False))]
    picture = reliability("vqa_rad", "VQA-RAD", found)
    assert (
        picture.description == "Reliability diagram of VQA-RAD: ours, calibration error 30.0 points; theirs, calibration error 30.0 points"
    )
    assert picture.svg == reliability("vqa_rad", "VQA-RAD", found).svg and picture.svg != reliability("slake", "VQA-RAD", found).svg
