import re

import pytest

from m3ae.disk.json import write_json
from m3ae.evaluate.classifiers import CONTROLS
from m3ae.report.benchmark import BENCHMARK
from m3ae.report.controls import COLUMNS, FITTED, controls, markdown
from m3ae.report.measured import result
from m3ae.report.page import write_report
from m3ae.report.tables import DASH

MEASURED = {"found": True, "synthetic": True} | {
    name: {"overall": 40.0 + place, "open": 30.0 + place, "closed": 50.0 + place} for place, name in enumerate(FITTED)
}
METRICS = {"vqa_rad": MEASURED, "slake": {"found": False, "reason": "the model was not pre-trained"}}


@pytest.fixture
def blocks(run, asked):
    def of(metrics):
        results = [result(entry, asked, run) for entry in BENCHMARK if entry.is_shown(asked.tasks)]
        return {block.title: block for block in controls(results, metrics)}

    return of


def test_the_columns_are_all_controls_between_the_majority_answer_and_the_trained_models():
    assert FITTED.keys() == CONTROLS.keys()
    assert (COLUMNS[0], COLUMNS[-2:]) == ("Majority", ("From scratch", "Fine-tuned"))


def test_a_task_has_a_row_for_each_of_its_scores_and_retrieval_none(blocks):
    found = blocks(METRICS)
    assert list(found) == ["VQA-RAD", "SLAKE (English)", "VQA-Med-2019 (modality, plane, organ)", "MELINDA"]
    assert found["VQA-RAD"].rows == (
        ("overall", (31.25, 40.0, 41.0, 42.0, 43.0, 60.5, 72.0)),
        ("open", (12.0, 30.0, 31.0, 32.0, 33.0, 52.5, 66.0)),
        ("closed", (50.0, 50.0, 51.0, 52.0, 53.0, 65.5, 76.0)),
    )
    assert found["VQA-RAD"].missing == "" and found["VQA-RAD"].synthetic


def test_what_is_missing_is_a_dash_with_its_reason(blocks):
    lines = {line.split("**")[1]: line for line in markdown(list(blocks(METRICS).values())).splitlines() if line.startswith("| **")}
    dashes = " | ".join([DASH] * 4)
    assert lines["SLAKE (English)"] == (
        f"| **SLAKE (English)** (synthetic; controls not measured: the model was not pre-trained) | 31.2 | {dashes} | 71.0 | 80.5 |"
    )
    assert "not found under data/releases" in lines["VQA-Med-2019 (modality, plane, organ)"] and lines["MELINDA"].endswith(f"{dashes} |")
    assert "not among the tasks" in lines["MELINDA"]


def test_controls_without_a_trained_model_are_shown(run, blocks):
    for path in (run.data / "metrics" / "evaluate").glob("vqa_rad-*.json"):
        path.unlink()
    block = blocks(METRICS)["VQA-RAD"]
    assert dict(block.rows)["overall"] == (None, 40.0, 41.0, 42.0, 43.0, None, None)
    assert block.missing == "not measured: no metric file" and block.synthetic


def test_an_incomplete_run_and_missing_controls_are_both_told(run, blocks):
    (run.data / "metrics" / "evaluate" / "slake-1.json").unlink()
    assert blocks(METRICS)["SLAKE (English)"].missing == "seed 1: no metric file; controls not measured: the model was not pre-trained"


def test_without_the_stages_file_each_task_says_so(blocks):
    assert blocks(None)["VQA-RAD"].missing == "controls not measured: no metric file names the task"


def test_page_and_table_hold_them(run, params, tmp_path):
    write_json(run.data / "metrics" / "controls.json", METRICS)
    write_report(run, params, tmp_path / "report")
    page, table = ((tmp_path / "report" / name).read_text() for name in ("index.html", "table.md"))
    assert "| **VQA-RAD** (synthetic) | 31.2 | 40.0 | 41.0 | 42.0 | 43.0 | 60.5 | 72.0 |" in table
    page = re.sub(r' data-label="[^"]*"', "", page)
    assert "<td>12.0</td><td>30.0</td><td>31.0</td><td>32.0</td><td>33.0</td><td>52.5</td>" in page  # the open questions
    assert "controls not measured: the model was not pre-trained" in page
