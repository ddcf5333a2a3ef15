import os
import signal
from pathlib import Path

import pytest
import torch.distributed as dist

from m3ae.digest import digest_of
from m3ae.state_folder import root
from m3ae.training.state import ResumeState
from m3ae.training.stop import StopRequest


@pytest.fixture
def alone(tmp_path, monkeypatch):
    """A run of one process, with a state folder of its own."""
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    yield tmp_path / ".state"
    dist.destroy_process_group()


class FakeEngine:
    """Writes what DeepSpeed would, and remembers what it was given to read."""

    def __init__(self) -> None:
        self.deepspeed, self.loaded, self.reads_universal = self, "", False

    def save_checkpoint(self, folder: str, tag: str, save_latest: bool) -> None:
        place = Path(folder, tag, "pieces")
        place.mkdir(parents=True)
        (place / "weights.pt").write_text(f"weights of {tag}")
        Path(folder, tag, "states.pt").write_text(f"states of {tag}")

    def load(self, checkpoint: Path) -> None:
        self.loaded = checkpoint.name


def test_the_newest_whole_checkpoint_is_used_and_the_last_two_are_kept(alone):
    state, engine = ResumeState("run"), FakeEngine()
    assert state.load(engine) == (0, {})
    for step in (2, 4, 10):
        state.save(engine, step, {"training": [step]})
    assert state.load(engine) == (10, {"training": [10]}) and engine.loaded == "step-10"
    assert sorted(path.name for path in (alone / "run").iterdir()) == ["step-10", "step-4"]
    state.drop()
    assert not (alone / "run").exists()


@pytest.mark.parametrize("name", ["pieces/weights.pt", "states.pt", "complete.json"])
@pytest.mark.parametrize("damage", ["cut", "missing"])
def test_a_torn_checkpoint_is_passed_over_with_a_word(alone, capsys, name, damage):
    state, engine = ResumeState("run"), FakeEngine()
    for step in (2, 4):
        state.save(engine, step, {"training": [step]})
    torn = alone / "run/step-4" / name
    torn.unlink() if damage == "missing" else torn.write_bytes(torn.read_bytes()[:5])
    assert state.load(engine) == (2, {"training": [2]}) and engine.loaded == "step-2"
    assert "step-4: is not whole, an earlier one is used" in capsys.readouterr().out
    state.save(engine, 4, {"training": ["again"]})
    assert state.load(engine) == (4, {"training": ["again"]})


def test_a_request_to_stop_is_noted_and_everyone_knows(alone):
    before = signal.getsignal(signal.SIGTERM)
    stop = StopRequest()
    try:
        assert not stop.everywhere()
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.everywhere()
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_changed_parameter_or_data_byte_is_another_run(tmp_path):
    data = tmp_path / "manifest.json"
    data.write_text("one")
    digests = {digest_of({"mask_ratio": 0.75}, [data]), digest_of({"mask_ratio": 0.5}, [data])}
    data.write_text("two")
    digests.add(digest_of({"mask_ratio": 0.75}, [data]))
    assert len(digests) == 3


def test_the_same_run_has_the_same_name(tmp_path):
    first, second = tmp_path / "a.json", tmp_path / "b.json"
    first.write_text("a")
    second.write_text("b")
    assert digest_of({"x": 1, "y": 2}, [first, second]) == digest_of({"y": 2, "x": 1}, [second, first])


def test_the_state_lies_in_the_main_repository_in_queued_runs_too(monkeypatch):
    monkeypatch.setenv("DVC_ROOT", "/somewhere")
    assert root() == Path("/somewhere/.state")
