"""The full grid's tables are made of the metrics' own changes."""

import json
import sys

from benchmarks import perturbations
from m3ae.perturb.grid import FULL


def model(change: float) -> dict:
    return {str(condition): {"change": {"overall": {"points": change * condition.level}}} for condition in FULL}


def test_each_cell_is_the_mean_change_over_the_tasks_of_both_models(tmp_path, monkeypatch):
    metrics = {"a": {"pretrained": model(-1), "scratch": model(0.5)}, "b": {"pretrained": model(-2), "scratch": model(0.5)}}
    metrics["ranked"] = {
        start: {"gaussian_noise-1": {"change": {"text_to_image": {"r1": {"points": 9}}}}} for start in ("pretrained", "scratch")
    }
    (tmp_path / "robustness.json").write_text(json.dumps(metrics))
    monkeypatch.setattr(sys, "argv", ["", str(tmp_path / "out"), "--metrics", str(tmp_path / "robustness.json")])
    perturbations.main()
    lines = (tmp_path / "out/table.md").read_text().splitlines()
    assert len(lines) == 2 + 25 + 1 + 2 + 3
    assert "| image | gaussian_noise | -1.5 / +0.5 | -3.0 / +1.0 | -4.5 / +1.5 | -6.0 / +2.0 | -7.5 / +2.5 |" in lines
    assert "| either | -45.0 / +15.0 | -75.0 / +25.0 | -105.0 / +35.0 | -150.0 / +50.0 |" in lines
    assert json.loads((tmp_path / "out/robustness.json").read_text()) == metrics


def test_what_was_not_tested_is_a_dash():
    assert "| image | gaussian_noise | – / – |" in perturbations.tables({"a": {"pretrained": {}, "scratch": {}}})
