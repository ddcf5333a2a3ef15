import os
import signal
import subprocess
import sys
from pathlib import Path
from subprocess import PIPE

import pytest
import torch.distributed as dist

from m3ae.disk.identity import Identity
from m3ae.disk.state import RUN_FILE, root
from m3ae.engine.stop import StopRequest
from m3ae.pretrain.resume import LOCK, ResumeState

VERSIONS = {"torch": "2.14.1"}
RUN = Identity(
    "pretrain", {"mask_ratio": 0.75, "pretrain.learning_rate": 1.25e-8}, {"data/excluded.json": "aa", "m3ae/masking.py": "bb"}, VERSIONS
)
OTHER = Identity(
    "pretrain", {"mask_ratio": 0.5, "pretrain.learning_rate": 1.26e-8}, {"data/excluded.json": "cc", "m3ae/new.py": "dd"}, {"torch": "3.0"}
)


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
        place = Path(folder, tag, "parts")
        place.mkdir(parents=True)
        (place / "weights.pt").write_text(f"weights of {tag}")
        Path(folder, tag, "states.pt").write_text(f"states of {tag}")

    def load(self, checkpoint: Path) -> None:
        self.loaded = checkpoint.name


def test_the_newest_whole_checkpoint_is_used_and_the_last_two_are_kept(alone):
    state, engine = ResumeState(RUN), FakeEngine()
    assert state.load(engine) == (0, {})
    for step in (2, 4, 10):
        state.save(engine, step, {"training": [step]})
    assert state.load(engine) == (10, {"training": [10]}) and engine.loaded == "step-10"
    assert sorted(path.name for path in (alone / RUN.name()).iterdir()) == [RUN_FILE, "step-10", "step-4"]
    state.drop()
    assert not (alone / RUN.name()).exists()


@pytest.mark.parametrize("name", ["parts/weights.pt", "states.pt", "complete.json"])
@pytest.mark.parametrize("damage", ["cut", "missing"])
def test_a_torn_checkpoint_is_passed_over_with_a_word(alone, capsys, name, damage):
    state, engine = ResumeState(RUN), FakeEngine()
    for step in (2, 4):
        state.save(engine, step, {"training": [step]})
    torn = alone / RUN.name() / "step-4" / name
    torn.unlink() if damage == "missing" else torn.write_bytes(torn.read_bytes()[:5])
    assert state.load(engine) == (2, {"training": [2]}) and engine.loaded == "step-2"
    assert "step-4: is not whole, an earlier one is used" in capsys.readouterr().out
    state.save(engine, 4, {"training": ["again"]})
    assert state.load(engine) == (4, {"training": ["again"]})


def test_what_a_torn_checkpoint_leaves_never_displaces_a_whole_one(alone):
    state, engine = ResumeState(RUN), FakeEngine()
    for step in (2, 4, 6, 8):
        state.save(engine, step, {})
    for torn in (6, 8):
        (alone / RUN.name() / f"step-{torn}" / "states.pt").unlink()
    (alone / RUN.name() / "step-9.partial").mkdir()  # killed while it was written
    state = ResumeState(RUN)
    assert state.load(engine) == (0, {})  # both that are kept are spoilt
    for step in (1, 3):
        state.save(engine, step, {})
    assert sorted(path.name for path in (alone / RUN.name()).glob("step-*")) == ["step-1", "step-3"]
    assert state.load(engine) == (3, {})


def with_lock(state: ResumeState) -> None:
    """Claim it, and give it back, as the end of a process does."""
    state.claim()
    os.close(state.lock)


def test_a_run_that_another_process_is_at_work_on_is_refused(alone):
    held = "import fcntl, sys; lock = open(sys.argv[1], 'w'); fcntl.flock(lock, fcntl.LOCK_EX); print('held', flush=True); sys.stdin.read()"
    with_lock(ResumeState(RUN))
    with subprocess.Popen([sys.executable, "-c", held, str(alone / RUN.name() / LOCK)], stdin=PIPE, stdout=PIPE, text=True) as other:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(SystemExit, match="another process is at work on this very run; wait for it or end it"):
            ResumeState(RUN).claim()
        other.stdin.close()
    with_lock(ResumeState(RUN))


def test_a_request_to_stop_is_noted_and_everyone_knows(alone):
    before = signal.getsignal(signal.SIGTERM)
    stop = StopRequest()
    try:
        assert not stop.everywhere()
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.everywhere()
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_state_that_was_moved_is_taken_up_where_the_run_is_the_same(alone, tmp_path):
    engine, moved = FakeEngine(), tmp_path / "moved"
    ResumeState(RUN).save(engine, 2, {"training": ["there"]})
    (alone / RUN.name()).rename(moved)
    state = ResumeState(RUN, moved)
    assert state.load(engine) == (2, {"training": ["there"]})
    state.save(engine, 4, {"training": ["here"]})
    assert state.load(engine) == (4, {"training": ["here"]})
    state.drop()
    assert (moved / "step-2").is_dir()


def test_the_state_of_another_run_is_refused_and_what_differs_is_named(alone, tmp_path):
    ResumeState(RUN).save(FakeEngine(), 2, {})
    with pytest.raises(SystemExit) as refusal:
        ResumeState(OTHER, alone / RUN.name())
    for named in (
        "mask_ratio is 0.75 there and 0.5 here",
        "torch is '2.14.1' there and '3.0' here",
        "pretrain.learning_rate is 1.25e-08 there and 1.26e-08 here",
        "data/excluded.json is another",
        "m3ae/masking.py is another",
        "m3ae/new.py is another",
    ):
        assert named in str(refusal.value)


@pytest.mark.parametrize("content", [None, "{", '{"step": 3}', "[]"])
def test_a_folder_that_is_no_state_is_refused(alone, tmp_path, content):
    if content is not None:
        (tmp_path / RUN_FILE).write_text(content)
    with pytest.raises(SystemExit, match="holds no readable run.json"):
        ResumeState(RUN, tmp_path)


def test_a_state_that_is_there_and_not_taken_up_is_named_with_what_differs(alone, capsys):
    ResumeState(OTHER).save(FakeEngine(), 2, {})
    ResumeState(RUN).claim()
    [line] = capsys.readouterr().out.splitlines()
    assert line.startswith(f"{alone / OTHER.name()}: is there and not taken up: mask_ratio is 0.5 there and 0.75 here; ")


def test_nothing_is_said_where_the_runs_own_state_is_taken_up(alone, capsys):
    ResumeState(OTHER).save(FakeEngine(), 2, {})
    ResumeState(RUN).save(FakeEngine(), 2, {})
    ResumeState(RUN).claim()
    assert capsys.readouterr().out == ""


def test_the_state_lies_in_the_main_repository_in_queued_runs_too(monkeypatch):
    monkeypatch.setenv("DVC_ROOT", "/somewhere")
    assert root() == Path("/somewhere/.state")
