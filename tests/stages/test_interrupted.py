"""Ctrl-C in a stage that no launcher starts: one sentence, at whatever moment, and no process is left."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.parameters import Parameters
from tests.prepare.test_kill import kill

ROOT = Path(__file__).parents[2]
LIMIT = 240  # seconds, the start included


def start(folder: Path, *arguments: str, **environment: str) -> subprocess.Popen:
    command = [sys.executable, "-m", *arguments]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT), **environment}, process_group=0, **pipes)


def interrupted(process: subprocess.Popen) -> str:
    """As a terminal does it: SIGINT to the whole group. Returns what is said of errors."""
    os.killpg(process.pid, signal.SIGINT)
    try:
        return process.communicate(timeout=LIMIT)[1]
    finally:
        if process.poll() is None:
            kill(process)


def wait(until, process: subprocess.Popen) -> None:
    limit = time.monotonic() + LIMIT
    while not until():
        assert process.poll() is None and time.monotonic() < limit
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["stages.inventory", "--out", "data/inventory"], "stages.inventory was stopped; it keeps nothing of what it was at"),
        (["stages.check", "--out", "data/check.ok"], "stages.check was stopped; it keeps nothing of what it was at"),
        (["stages.prepare", "--release", "roco"], "stages.prepare was stopped; what it had saved before is kept"),
        (["stages.launch", "stages.finetune", "--task", "x"], "stages.finetune was stopped; what it had saved before is kept"),
    ],
)
def test_a_stage_that_is_still_loading_ends_in_one_sentence(tmp_path, arguments, said):
    (tmp_path / "yaml.py").write_text(
        "import pathlib, time\npathlib.Path('loading').touch()\ntime.sleep(600)\n"
    )  # found before the real one
    process = start(tmp_path, *arguments)
    wait((tmp_path / "loading").exists, process)
    told = interrupted(process)
    assert process.returncode == -signal.SIGINT
    assert told.strip().startswith(said) and "`dvc repro`" in told and len(told.strip().splitlines()) == 1


def test_a_stage_with_worker_processes_ends_them_and_says_one_sentence(tmp_path):
    Parameters(tmp_path).change({"scale": "paper"})  # hours
    process = start(tmp_path, "stages.phantom", "--out", "data/releases")
    wait(lambda: len(list(tmp_path.rglob("*.jpg"))) > 20, process)
    workers = psutil.Process(process.pid).children(recursive=True)
    told = interrupted(process)
    assert process.returncode == -signal.SIGINT and len(workers) > 1
    assert told.strip().startswith("stages.phantom was stopped") and len(told.strip().splitlines()) == 1
    assert not psutil.wait_procs(workers, LIMIT)[1]


def test_what_no_locale_can_print_ends_no_stage(tmp_path):
    code = "import stages; print('caf\\u00e9 \\udce9')"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={**os.environ, "PYTHONIOENCODING": "ascii"}, capture_output=True, text=True
    )
    assert done.stdout == "caf\\xe9 \\udce9\n", done.stderr
