from m3ae.disk.json import write_json
from m3ae.report.page import write_report
from m3ae.report.robustness import COLUMNS, markdown, robustness
from tests.report.conftest import PARAMS

MODEL = {
    "clean": {"overall": 50.0, "flipped": 0.0},
    "image": {"mean": {"overall": 40.0}, "relative_drop": {"overall": 20.0}},
    "missing_image-100": {"overall": 10.0, "flipped": 80.0},
}
METRICS = {"vqa_rad": {"synthetic": True, "pretrained": MODEL, "scratch": {"clean": {"overall": 30.0}}}}


def test_a_model_has_a_line_for_each_of_its_main_scores():
    ours, theirs = robustness(METRICS)
    assert (ours.start, ours.score, ours.cells) == ("pre-trained", "overall", ("50.0", "40.0 (\N{MINUS SIGN}20.0%)", "–", "10.0", "–"))
    assert theirs.cells == ("30.0", *["–"] * (len(COLUMNS) - 1))


def test_the_table_is_shown_on_the_page_and_in_markdown_and_left_out_of_it_where_nothing_was_measured(run, tmp_path):
    write_json(run.data / "metrics" / "robustness.json", METRICS)
    write_report(run, PARAMS, tmp_path / "with")
    assert "40.0 (\N{MINUS SIGN}20.0%)" in (tmp_path / "with" / "index.html").read_text()
    assert "| **VQA-RAD** (synthetic) | from scratch | overall | 30.0 |" in (tmp_path / "with" / "table.md").read_text()
    assert markdown(robustness(None)) == ""
