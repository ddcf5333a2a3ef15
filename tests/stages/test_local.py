"""Processes of one machine: nobody else reaches them, and Ctrl-C ends them with one sentence."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.prepare.test_kill import kill

ROOT = Path(__file__).parents[2]
LIMIT = 240  # seconds, the start included


def start(what: str, processes: int, log: Path) -> subprocess.Popen:
    command = [sys.executable, "-m", "stages.launch", "tests.workers.local", what]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PET_NPROC_PER_NODE": str(processes)}
    with log.open("w") as file:
        return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=file, stderr=subprocess.STDOUT, process_group=0)


def said(run: subprocess.Popen, log: Path) -> str:
    try:
        run.wait(LIMIT)
    finally:
        if run.poll() is None:
            kill(run)
    return log.read_text(encoding="utf-8")


@pytest.mark.parametrize("processes", [1, 3])
def test_the_processes_of_one_machine_listen_on_the_loopback_alone(processes, tmp_path):
    run = start("nothing", processes, tmp_path / "log")
    told = said(run, tmp_path / "log")
    [line] = [line for line in told.splitlines() if line.startswith("sum ")]
    _, total, *addresses = line.split()
    assert run.returncode == 0 and total == str(processes)
    assert set(addresses) <= {"127.0.0.1", "::1", "::ffff:127.0.0.1"}


def interrupted(what: str, processes: int, log: Path) -> tuple[int, str]:
    """As a terminal does it: SIGINT to the whole group, once all are ready."""
    run = start(what, processes, log)
    limit = time.monotonic() + LIMIT
    while log.read_text(encoding="utf-8").count("ready") < processes:
        assert run.poll() is None and time.monotonic() < limit, log.read_text(encoding="utf-8")
        time.sleep(0.1)
    os.killpg(run.pid, signal.SIGINT)
    return run.wait(LIMIT), said(run, log)


@pytest.mark.parametrize("processes", [1, 2])
def test_ctrl_c_ends_in_one_sentence(processes, tmp_path):
    status, told = interrupted("waits", processes, tmp_path / "log")
    assert status == 130 and "Traceback" not in told
    assert told.rstrip().splitlines()[-1].startswith("tests.workers.local was stopped; what it had saved before is kept")


@pytest.mark.parametrize("processes", [1, 2])
def test_ctrl_c_lets_a_run_that_saves_its_state_save_it(processes, tmp_path):
    status, told = interrupted("saves", processes, tmp_path / "log")
    assert status == 143 and "Traceback" not in told and told.count("asked to stop: step 3 of 6 is saved") == 1


def test_an_error_of_one_process_ends_the_others_with_its_words(tmp_path):
    run = start("error", 2, tmp_path / "log")
    told = said(run, tmp_path / "log")
    assert run.returncode == 1 and "ends: rank 1 on host" in told and "ValueError: the third round is wrong" in told


def test_a_process_that_another_ones_error_leaves_alone_adds_no_traceback_to_its_words(tmp_path):
    told = said(run := start("message", 2, tmp_path / "log"), tmp_path / "log")
    assert run.returncode == 1 and "make room on the disk" in told and "Traceback" not in told
