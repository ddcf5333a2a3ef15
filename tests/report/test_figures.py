import re
from xml.etree import ElementTree

from m3ae.report.figures import curve_pictures, read_table, running_mean, series


def curves(inputs):
    return inputs.plot("pretrain.csv"), inputs.plot("validation.csv")


def test_there_is_always_a_picture_for_each_loss(run, nothing):
    names = ["loss_total", "loss_mlm", "loss_mim", "loss_itm"]
    for inputs in (run, nothing):
        pictures = curve_pictures(*curves(inputs), {}, False)
        assert [picture.name for picture in pictures] == names
        assert all(ElementTree.fromstring(picture.file).tag.endswith("svg") for picture in pictures)


def test_equal_curves_give_equal_bytes_without_a_date(run):
    first, second = (curve_pictures(*curves(run), {"itm": (0.7, "guessing")}, True) for _ in range(2))
    assert first == second
    assert not re.search(r"<dc:|20\d\d-|Matplotlib", first[0].svg)


def test_the_description_says_how_far_each_line_goes(run, nothing):
    told = [curve_pictures(*curves(inputs), {}, False)[1].description for inputs in (run, nothing)]
    assert re.fullmatch(r"Masked language modelling over .*: train from [\d.]+ to [\d.]+, validation from 2.9 to 1.2", told[0])
    assert told[1].endswith(": nothing recorded")


def test_a_picture_of_synthetic_data_looks_different(run):
    real, synthetic = (curve_pictures(*curves(run), {}, flag)[0].svg for flag in (False, True))
    assert "synthetic data" in synthetic and "synthetic data" not in real


def test_only_recorded_steps_are_drawn(tmp_path):
    path = tmp_path / "curve.csv"
    path.write_text("step,mlm,mim\n1,2.0,\n2,,0.5\n3,1.0,nan\n")
    table = read_table(path)
    assert series(table, "mlm") == ([1, 3], [2.0, 1.0]) and series(table, "mim") == ([2], [0.5])
    assert series(table, "itm") == ([], [])


def test_a_curve_file_without_a_line_is_an_empty_table(tmp_path):
    for content in ("", "\n"):
        (tmp_path / "curve.csv").write_text(content)
        assert series(read_table(tmp_path / "curve.csv"), "mlm") == ([], [])


def test_the_running_mean_is_shorter_at_the_ends():
    assert running_mean([0.0, 3.0, 6.0, 9.0], 3) == [1.5, 3.0, 6.0, 7.5]
