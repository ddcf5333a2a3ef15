import json
import subprocess
import sys
import time

import pytest

from m3ae.disk.json import write_json
from m3ae.report.stage_times import duration, timed, told
from tests.commands import ENVIRONMENT


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DVC_STAGE", "finetune@vqa_rad-0")
    return tmp_path / "data" / "live"


def test_a_stage_that_ends_well_leaves_its_time_and_its_machine(folder):
    with timed(2):
        pass
    found = json.loads((folder / "stages" / "finetune@vqa_rad-0.json").read_text())
    assert found["processes"] == 2 and found["on"] and 0 < found["seconds"] < 86_400 and abs(found["ended"] - time.time()) < 60


def test_a_stage_that_fails_or_that_dvc_does_not_run_leaves_nothing(folder, monkeypatch):
    with pytest.raises(SystemExit), timed(1):
        raise SystemExit(1)
    monkeypatch.delenv("DVC_STAGE")
    with timed(1):
        pass
    assert not folder.exists()


def test_stages_are_told_in_the_order_in_which_they_ended(folder):
    shared = {"processes": 1, "on": "A processor"}
    write_json(folder / "stages" / "evaluate@a-0.json", {"ended": 2.0, "seconds": 12.3, **shared})
    write_json(folder / "stages" / "pretrain.json", {"ended": 1.0, "seconds": 200, **shared, "processes": 2})
    write_json(folder / "pretrain" / "metrics.json", {"pairs_per_second": 49.04})
    assert list(told(folder).items()) == [
        ("pretrain", "3 min 20 s, 49.0 pairs a second at its end, 2 processes, A processor"),
        ("evaluate@a-0", "12 s, 1 process, A processor"),
    ]


@pytest.mark.parametrize(("seconds", "said"), [(0.4, "0 s"), (59.6, "1 min 00 s"), (3725, "1 h 02 min"), (90_000, "25 h 00 min")])
def test_times_are_told_in_two_units(seconds, said):
    assert duration(seconds) == said


def test_a_stage_that_is_started_without_the_launcher_leaves_its_time_too(folder, tmp_path):
    environment = ENVIRONMENT | {"DVC_STAGE": "check"}
    subprocess.run([sys.executable, "-m", "stages.check", "--help"], cwd=tmp_path, env=environment, check=True, capture_output=True)
    assert list(told(folder)) == ["check"]
