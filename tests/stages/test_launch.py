import pytest

from stages.launch import num_processes

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
