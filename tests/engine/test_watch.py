"""A process that fails ends the others with its own error: two of them, under one torchrun and under one each, on two machines.

The limits are for liveness; without the watch a collective waits for half an hour.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from m3ae.engine.watch import watched
from tests.machines import HERE, Machine, free_port, two_machines
from tests.prepare.test_kill import kill

ROOT = Path(__file__).parents[2]
LIMIT = 120  # seconds, the start of the processes included
SPOKEN = " on host "  # in everything that the watch says


class End(NamedTuple):
    status: int
    said: str


def start(machine: Machine, log: Path, what: str, *options: str) -> subprocess.Popen:
    command = machine.command(sys.executable, "-m", "torch.distributed.run", *options, "-m", "tests.workers.watched", *what.split())
    environment = {**os.environ, **machine.environment(), "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    with log.open("w") as file:
        return subprocess.Popen(command, env=environment, cwd=log.parent, stdout=file, stderr=subprocess.STDOUT)


def start_both(machines: tuple[Machine, Machine], folder: Path, what: str) -> list[subprocess.Popen]:
    """A torchrun of one process for each machine: none of them can end the other one's process."""
    options = ["--nnodes=2", "--nproc-per-node=1", f"--rdzv-endpoint={machines[0].address}:{free_port()}"]
    return [start(machine, folder / f"{rank}.log", what, *options, f"--node-rank={rank}") for rank, machine in enumerate(machines)]


def ends(folder: Path, runs: list[subprocess.Popen]) -> list[End]:
    limit = time.monotonic() + LIMIT
    try:
        return [End(run.wait(limit - time.monotonic()), (folder / f"{rank}.log").read_text()) for rank, run in enumerate(runs)]
    finally:
        for run in runs:
            if run.poll() is None:
                kill(run)


@pytest.fixture(scope="module")
def ends_of(tmp_path_factory) -> Callable[[str], list[End]]:
    """How both ended after something happened, each under its own torchrun on this machine."""

    @cache
    def found(what: str) -> list[End]:
        folder = tmp_path_factory.mktemp("watched")
        return ends(folder, start_both(HERE, folder, what))

    return found


@pytest.mark.parametrize(
    ("what", "error"),
    [
        ("error", "ValueError: the third round is wrong"),
        ("message", "SystemExit: pairs 7 and 8 are wrong"),
    ],
)
def test_an_error_of_one_process_ends_the_other_in_a_collective_with_the_same_words(ends_of, what, error):
    first, _ = ends_of(what)
    assert first.status and f": {error}" in first.said.split("ends: rank 1 on host")[1]


@pytest.mark.parametrize(("what", "error"), [("error", "ValueError: the third round is wrong"), ("message", "pairs 7 and 8 are wrong")])
def test_the_process_that_failed_shows_its_error_as_without_the_watch(ends_of, what, error):
    _, second = ends_of(what)
    assert second.status and error in second.said and SPOKEN not in second.said


def test_the_last_lines_of_the_traceback_travel_with_an_error(ends_of):
    first, _ = ends_of("error")
    assert 'raise ValueError("the third round is wrong")' in first.said


def test_a_killed_process_is_missed_by_one_that_sleeps(ends_of):
    first, _ = ends_of("killed asleep")
    assert first.status and "ends: rank 1 on host" in first.said and "was last heard 40 s ago (killed, or out of memory?)" in first.said


def test_a_killed_process_is_missed_by_one_that_waits_for_it_in_a_collective(ends_of):
    first, _ = ends_of("killed")
    assert first.status and ("onnection" in first.said or "was last heard" in first.said)


def test_processes_of_one_torchrun_hear_of_an_error_before_it_ends_them(tmp_path):
    (end,) = ends(tmp_path, [start(HERE[0], tmp_path / "0.log", "error", "--standalone", "--nproc-per-node=2")])
    assert end.status and "ends: rank 1 on host" in end.said and "ValueError: the third round is wrong" in end.said


def test_a_run_that_ends_well_says_nothing_even_if_one_process_ends_later(ends_of):
    for end in ends_of("late"):
        assert end.status == 0 and SPOKEN not in end.said


def test_a_run_that_was_asked_to_stop_is_no_error(ends_of):
    for end in ends_of("stop"):
        assert "exitcode  : 143" in end.said and SPOKEN not in end.said


def test_an_error_crosses_from_machine_to_machine(tmp_path):
    with two_machines() as machines:
        first, second = ends(tmp_path, start_both(machines, tmp_path, "error"))
    assert first.status and second.status and "ends: rank 1 on host" in first.said


def test_a_machine_that_loses_its_power_is_missed_by_the_other(tmp_path):
    """The first one, which holds the store: it closes no connection."""
    with two_machines() as machines:
        runs = start_both(machines, tmp_path, "asleep")
        limit = time.monotonic() + LIMIT
        while not all("asleep" in (tmp_path / f"{rank}.log").read_text() for rank in range(2)):
            assert time.monotonic() < limit, "the processes did not begin"
            time.sleep(0.2)
        machines[0].unplug()
        first, second = ends(tmp_path, runs)
    assert first.status and "ends: rank 1 on host" in first.said
    assert second.status and "has not answered for 40 s" in second.said


def test_a_run_of_one_process_is_left_alone(monkeypatch):
    monkeypatch.setattr("m3ae.engine.watch.dist.get_world_size", lambda: 1)
    before = threading.active_count()
    with watched():
        assert threading.active_count() == before
