import importlib.util
import json
import sys

import pytest

from m3ae.pretrain.live import LiveLog


def written(folder) -> LiveLog:
    log = LiveLog(folder)
    log.write(2, {"total": 3.5, "mfu": 0.5})
    log.write(4, {"total": 2.5, "mim": 1.5})
    log.close()
    return log


def test_rows_are_curves_and_the_last_ones_are_metrics(tmp_path):
    written(tmp_path)
    assert json.loads((tmp_path / "metrics.json").read_text()) == {"total": 2.5, "mfu": 0.5, "step": 4}
    assert (tmp_path / "plots/metrics/mim.tsv").is_file()
    assert (tmp_path / "plots/metrics/total.tsv").read_text() == "step\ttotal\n2\t3.5\n4\t2.5\n"


def test_a_new_log_begins_anew(tmp_path):
    written(tmp_path)
    log = LiveLog(tmp_path)
    log.write(1, {"total": 9.0})
    log.close()
    assert (tmp_path / "plots/metrics/total.tsv").read_text() == "step\ttotal\n1\t9.0\n"


def test_only_the_first_process_writes(tmp_path, monkeypatch):
    monkeypatch.setattr("m3ae.pretrain.live.is_first", lambda: False)
    written(tmp_path)
    assert not list(tmp_path.iterdir())


def test_an_unknown_place_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("M3AE_LOG", "tensorboard,mlflow")
    with pytest.raises(SystemExit, match="M3AE_LOG names mlflow; known: tensorboard, wandb"):
        LiveLog(tmp_path)


@pytest.mark.parametrize("name", ["tensorboard", "wandb"])
def test_a_place_that_is_not_installed_is_refused_with_the_remedy(tmp_path, monkeypatch, name):
    monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setenv("M3AE_LOG", name)
    if name == "tensorboard":
        monkeypatch.delitem(sys.modules, "torch.utils.tensorboard", raising=False)
    with pytest.raises(SystemExit, match=rf"M3AE_LOG={name}: .*; pip install 'm3ae-dvc\[{name}\]'"):
        LiveLog(tmp_path)


@pytest.mark.skipif(importlib.util.find_spec("tensorboard") is None, reason="an optional extra: pip install 'm3ae-dvc[tensorboard]'")
def test_tensorboard_gets_the_rows(tmp_path, monkeypatch):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    monkeypatch.setenv("M3AE_LOG", "tensorboard")
    written(tmp_path)
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert [(event.step, event.value) for event in events.Scalars("total")] == [(2, 3.5), (4, 2.5)]


@pytest.mark.skipif(importlib.util.find_spec("wandb") is None, reason="an optional extra: pip install 'm3ae-dvc[wandb]'")
def test_weights_and_biases_gets_the_rows(tmp_path, monkeypatch):
    monkeypatch.setenv("M3AE_LOG", "wandb")
    monkeypatch.setenv("WANDB_MODE", "offline")
    written(tmp_path)
    [run] = (tmp_path / "wandb").glob("offline-run-*/*.wandb")
    assert b"total" in run.read_bytes() and b"2.5" in run.read_bytes()
