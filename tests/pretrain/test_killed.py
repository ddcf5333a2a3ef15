"""`kill -9` of two training processes, in a step or in a checkpoint: going on from there ends in the same bits.

M3AE_KILLS says at how many random moments (2; twenty were tried).
"""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.prepare.test_kill import kill

ROOT = Path(__file__).parents[2]
NUM_KILLS = int(os.environ.get("M3AE_KILLS", "2"))


def start(folder: Path) -> subprocess.Popen:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "-m", "tests.workers.killed"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "DVC_ROOT": str(folder)}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen([*command, str(folder / "out")], cwd=folder, env=environment, **quiet)


def when_started(folder: Path, run: subprocess.Popen) -> None:
    limit = time.monotonic() + 300
    while not (folder / "out.started").exists():
        assert run.poll() is None and time.monotonic() < limit, "training did not begin"
        time.sleep(0.005)


def whole(folder: Path) -> str:
    """The digest of a run to the end."""
    assert start(folder).wait(300) == 0
    return (folder / "out").read_text()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> tuple[str, float]:
    """(digest, seconds of training)."""
    folder = tmp_path_factory.mktemp("undisturbed")
    run = start(folder)
    when_started(folder, run)
    begun = time.monotonic()
    assert run.wait(300) == 0
    return (folder / "out").read_text(), time.monotonic() - begun


@pytest.mark.parametrize("number", range(NUM_KILLS))
def test_a_killed_run_ends_in_the_bits_of_an_undisturbed_one(undisturbed, tmp_path, number):
    digest, duration = undisturbed
    run = start(tmp_path)
    when_started(tmp_path, run)
    time.sleep(random.Random(number).uniform(0, 0.9) * duration)
    if run.poll() is None:
        kill(run)
    assert whole(tmp_path) == digest
