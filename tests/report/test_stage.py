"""The stage script, called as dvc.yaml calls it."""

import json
from html import escape

import pytest
import yaml

from stages.report import main


@pytest.fixture
def printed(run, params, parameters, tmp_path, monkeypatch, capsys):
    """What the stage prints; it runs at the test scale, on the made-up run's tasks and seeds."""
    parameters.change({"scale": "test", "tasks": params["tasks"], "seeds": params["seeds"]})
    monkeypatch.chdir(tmp_path)
    main(["--data", "data", "--out", "data/report", "--summary", "data/metrics/report.json", "--confusion", "data/confusion"])
    return capsys.readouterr().out


def dotted(content, prefix):
    inner = [(f"{prefix}{key}", value) for key, value in content.items()]
    return [line for name, value in inner for line in (dotted(value, f"{name}.") if isinstance(value, dict) else [(name, value)])]


def test_the_stage_writes_its_outputs_and_prints_where_the_page_is(printed, tmp_path):
    *table, last = printed.splitlines()
    assert last == f"report: {tmp_path / 'data' / 'report' / 'index.html'}"
    assert any(line.startswith("| **VQA-RAD** (synthetic) |") for line in table)
    assert (tmp_path / "data" / "report" / "index.html").is_file()
    summary = json.loads((tmp_path / "data" / "metrics" / "report.json").read_text())
    assert summary["question_answering"]["gain"] == 10.5 and summary["synthetic"] is True


def test_the_stage_writes_commit_machine_and_versions_beside_its_outputs(printed, tmp_path):
    record = json.loads((tmp_path / "data" / "live" / "run.json").read_text())
    assert record.keys() == {"code", "machine", "versions", "stages"} and (tmp_path / "data" / "live" / "run.html").is_file()
    page = (tmp_path / "data" / "report" / "index.html").read_text()
    assert record["code"]["report written"] not in page and record["machine"]["processor"] not in page


def test_the_pairs_of_each_confusion_matrix_lie_where_the_page_says(printed, tmp_path):
    page = (tmp_path / "data" / "report" / "index.html").read_text()
    for task in ("vqa_rad", "slake"):
        lines = (tmp_path / "data" / "confusion" / f"{task}.csv").read_text().splitlines()
        assert lines[0] == "actual,predicted" and len(lines) == 1 + 2 * 20 and f'href="../confusion/{task}.csv"' in page
    assert len(list((tmp_path / "data" / "confusion").iterdir())) == 2


def test_the_page_shows_every_parameter_of_both_files(printed, tmp_path):
    page = (tmp_path / "data" / "report" / "index.html").read_text()
    chosen, scale = (yaml.safe_load((tmp_path / file).read_text()) for file in ("params.yaml", "scales/test.yaml"))
    lines = dotted(chosen, "") + dotted(scale, "scales/test.yaml.")
    assert all(f"<dt>{escape(name)}</dt>" in page for name, _ in lines) and page.count("</dt><dd>") >= len(lines)
    for name in ("model.vision_width", "finetune.vqa_rad.epochs"):
        assert f"<dt>scales/test.yaml.{name}</dt><dd>{dict(lines)['scales/test.yaml.' + name]}</dd>" in page
