import os
import sys

import pytest

from stages.launch import asked_for, is_part_of_more, main, num_processes, start_over_with
from tests import tiny

DEMO = tiny.recipe(batch=32, micro_batch=16)


@pytest.mark.parametrize(
    ("recipe", "most", "expected"),
    [
        (DEMO, 1, 1),
        (DEMO, 2, 2),
        (DEMO, 8, 2),  # two micro-batches keep two processes busy, and two GPUs
        (tiny.recipe(batch=96, micro_batch=16), 4, 3),  # six micro-batches are no multiple of four
        (tiny.recipe(batch=8, micro_batch=8), 4, 1),
        (tiny.recipe(batch=256, micro_batch=32), 8, 8),
        (None, 2, 2),  # no batch: `evaluate`
        (None, 8, 8),
    ],
)
def test_every_gpu_or_core_with_a_micro_batch_gets_a_process(recipe, most, expected):
    assert num_processes(recipe, most) == expected


@pytest.mark.parametrize(("asked", "expected"), [("3", 3), ("", None), (None, None)])
def test_the_environment_may_ask_for_a_number_of_processes(monkeypatch, asked, expected):
    monkeypatch.delenv("PET_NPROC_PER_NODE", raising=False)
    if asked is not None:
        monkeypatch.setenv("PET_NPROC_PER_NODE", asked)
    assert asked_for() == expected


@pytest.mark.parametrize("asked", ["gpu", "0", "-1"])
def test_a_number_of_processes_that_is_none_is_refused(monkeypatch, asked):
    monkeypatch.setenv("PET_NPROC_PER_NODE", asked)
    with pytest.raises(SystemExit, match=f"PET_NPROC_PER_NODE is '{asked}'; give a number"):
        asked_for()


@pytest.mark.parametrize(
    ("environment", "expected"),
    [({}, False), ({"PET_NPROC_PER_NODE": "4"}, False), ({"PET_NNODES": "2"}, True), ({"PET_RDZV_ENDPOINT": "node1:29500"}, True)],
)
def test_a_run_is_this_machine_s_own_unless_torchrun_is_told_of_others(environment, expected):
    assert is_part_of_more(environment) == expected


def test_a_launcher_of_the_user_s_starts_the_stage_instead_and_may_start_this_one_again(monkeypatch):
    started = []
    monkeypatch.setattr(sys, "argv", ["launch", "stages.pretrain", "--out", "data/pretrain"])
    monkeypatch.setenv("M3AE_LAUNCHER", "srun bash -c 'exec \"$@\"' launch")
    monkeypatch.setattr("os.execvp", lambda program, words: started.append((program, words)) or sys.exit())
    with pytest.raises(SystemExit):
        main()
    assert started == [("srun", ["srun", "bash", "-c", 'exec "$@"', "launch", "stages.pretrain", "--out", "data/pretrain"])]
    assert "M3AE_LAUNCHER" not in os.environ


def test_a_program_starts_over_once_where_its_environment_lacks_a_setting(monkeypatch):
    started = []
    monkeypatch.setattr(sys, "argv", ["launch", "stages.pretrain", "--out", "data/pretrain"])
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    monkeypatch.setattr("os.execve", lambda program, words, environment: started.append((words, environment["OMP_NUM_THREADS"])))
    start_over_with({"OMP_NUM_THREADS": "1"})
    assert started == [([sys.executable, "-m", "stages.launch", "stages.pretrain", "--out", "data/pretrain"], "1")]
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    start_over_with({"OMP_NUM_THREADS": "1"})
    assert len(started) == 1
