"""`kill -9` while a release is prepared: nothing half-made is taken for a result, and the next run makes the whole.

M3AE_KILLS says at how many random moments (4; twenty were tried).
"""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from tests.parameters import Parameters
from tests.prepare.test_release import digests

ROOT = Path(__file__).parents[2]
NUM_FIGURES, NUM_KILLS = 1200, int(os.environ.get("M3AE_KILLS", "4"))
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "M3AE_WORKERS": "2", "OMP_NUM_THREADS": "1"}


@pytest.fixture
def project(tmp_path) -> Path:
    """A folder with parameters, one release and its inventory."""
    Parameters(tmp_path).change({"scale": "test"})
    for name in ("dvc.yaml", "m3ae", "stages"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "data").mkdir()
    (tmp_path / "data/check.ok").touch()
    split = tmp_path / "releases/roco/data/train/radiology"
    (split / "images").mkdir(parents=True)
    noise = np.random.default_rng(0)
    for number in range(NUM_FIGURES):
        Image.fromarray(noise.integers(0, 256, (96, 96), np.uint8)).save(split / f"images/ROCO_{number:05d}.jpg")
    (split / "captions.txt").write_text("".join(f"ROCO_{number:05d}\t Scan number {number}.\n" for number in range(NUM_FIGURES)))
    run(tmp_path, "stages.inventory", "--releases", "releases", "--out", "data/inventory").wait(300)
    return tmp_path


def run(folder: Path, *arguments: str) -> subprocess.Popen:
    command = [sys.executable, "-m", *arguments]
    return subprocess.Popen(command, cwd=folder, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


ARGUMENTS = [
    *("stages.prepare", "--release", "roco", "--releases", "releases", "--inventory", "data/inventory/roco.json"),
    *("--out", "shards/roco", "--metrics", "metrics/roco.json"),
]


def prepare(folder: Path) -> subprocess.Popen:
    return run(folder, *ARGUMENTS)


def kill(process: subprocess.Popen) -> None:
    """The process and its workers."""
    everyone = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    for one in everyone:
        one.send_signal(signal.SIGKILL)
    process.wait()
    psutil.wait_procs(everyone[1:])


def test_a_killed_run_leaves_nothing_that_passes_for_a_result_and_the_next_one_repairs_it(project):
    started = time.monotonic()
    assert prepare(project).wait(300) == 0
    duration, whole, metrics = time.monotonic() - started, digests(project / "shards/roco"), (project / "metrics/roco.json").read_bytes()
    moments = random.Random(5)
    for _ in range(NUM_KILLS):
        for path in (*(project / "shards/roco").glob("*"), project / "metrics/roco.json"):
            path.unlink()  # as DVC does before it runs a stage
        (project / "shards/roco").rmdir()
        process = prepare(project)
        time.sleep(moments.uniform(0.1, 0.95) * duration)
        if process.poll() is None:
            kill(process)
            assert not (project / "shards/roco").exists() or digests(project / "shards/roco") == whole
        assert prepare(project).wait(300) == 0
        assert digests(project / "shards/roco") == whole and (project / "metrics/roco.json").read_bytes() == metrics
        assert os.listdir(project / "shards") == ["roco"] and not (project / ".state/prepare").exists()


LIMITED = """
import resource, runpy, signal, sys

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # so that writing fails as on a full disk
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)),) * 2)
sys.argv.pop(0)
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""


@pytest.mark.parametrize("most_bytes", [1_000, 20_000])
def test_a_full_disk_is_an_error_with_a_remedy_and_leaves_nothing(project, most_bytes):
    command = [sys.executable, "-c", LIMITED, str(most_bytes), *ARGUMENTS]
    done = subprocess.run(command, cwd=project, env={**ENVIRONMENT, "M3AE_WORKERS": "1"}, capture_output=True, text=True, timeout=300)
    assert done.returncode == 1 and "could not be written" in done.stderr and "make room on the disk" in done.stderr
    assert "Traceback" not in done.stderr and not (project / "shards").exists()
    assert prepare(project).wait(300) == 0
