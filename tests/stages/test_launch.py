import os
import sys

import pytest

from stages.launch import main, meeting_point, num_processes

DEMO = {"batch": 32, "micro_batch": 16}


@pytest.mark.parametrize(("recipe", "cores", "gpus", "expected"), [
    (DEMO, 1, 0, 1),
    (DEMO, 2, 0, 2),
    (DEMO, 64, 0, 2),  # two micro-batches keep two processes busy
    ({"batch": 96, "micro_batch": 16}, 4, 0, 3),  # six micro-batches are no multiple of four
    ({"batch": 8, "micro_batch": 8}, 4, 0, 1),
    ({"num_pairs": 256}, 2, 0, 2),  # no batch: `retrieve`
    ({"num_pairs": 256}, 64, 0, 8),
    (DEMO, 64, 4, 4),
])  # fmt: skip
def test_every_gpu_or_every_core_with_a_micro_batch_gets_a_process(recipe, cores, gpus, expected):
    assert num_processes(recipe, cores, gpus) == expected


@pytest.mark.parametrize(("environment", "expected"), [
    ({}, ["--standalone"]),
    ({"PET_NPROC_PER_NODE": "4"}, ["--standalone"]),
    ({"PET_NNODES": "2"}, []),
    ({"PET_RDZV_ENDPOINT": "node1:29500"}, []),
])  # fmt: skip
def test_a_run_is_this_machine_s_own_unless_torchrun_is_told_of_others(environment, expected):
    assert meeting_point(environment) == expected


def test_a_launcher_of_the_user_s_starts_the_stage_instead_and_may_start_this_one_again(monkeypatch):
    started = []
    monkeypatch.setattr(sys, "argv", ["launch", "stages.pretrain", "--out", "data/pretrain"])
    monkeypatch.setenv("M3AE_LAUNCHER", "srun bash -c 'exec \"$@\"' launch")
    monkeypatch.setattr("os.execvp", lambda program, words: started.append((program, words)) or sys.exit())
    with pytest.raises(SystemExit):
        main()
    assert started == [("srun", ["srun", "bash", "-c", 'exec "$@"', "launch", "stages.pretrain", "--out", "data/pretrain"])]
    assert "M3AE_LAUNCHER" not in os.environ
