import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from m3ae.engine.kernels import product, sum_and_product
from m3ae.engine.pinned import PINNED

ROOT = Path(__file__).parents[2]


def made_up(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape)))


@pytest.mark.parametrize("transposed", [False, True])
def test_products_are_those_of_float64(transposed):
    left, right, added = made_up(33, 20), made_up(20, 7), made_up(7)
    if transposed:
        left, right = left.t().contiguous().t(), right.t().contiguous().t()
    expected = left.double() @ right.double()
    assert torch.allclose(product(left, right).double(), expected, atol=1e-5)
    assert torch.allclose(sum_and_product(added, left, right).double(), added.double() + expected, atol=1e-5)
    assert torch.allclose(sum_and_product(added, left, right, beta=0.5, alpha=2).double(), 0.5 * added.double() + 2 * expected, atol=1e-5)


@pytest.mark.parametrize("kind", [torch.float64, torch.bfloat16, torch.int64])
def test_other_types_stay_what_they_are(kind):
    left, right = torch.ones(3, 4, dtype=kind), torch.ones(4, 2, dtype=kind)
    assert torch.equal(product(left, right), torch.full((3, 2), 4, dtype=kind))


def test_a_product_with_nothing_in_it_is_zeros():
    assert product(made_up(0, 4), made_up(4, 5)).shape == (0, 5)
    assert torch.equal(product(made_up(3, 0), made_up(0, 5)), torch.zeros(3, 5))


def digits(environment: dict[str, str]) -> str:
    """Return what a short training prints when it is started with `environment`."""
    command = [sys.executable, "-m", "stages.launch", "benchmarks.digits", "--steps", "2"]
    left_out = {*PINNED, "PET_NPROC_PER_NODE"}
    inherited = {name: value for name, value in os.environ.items() if name not in left_out}
    done = subprocess.run(command, cwd=ROOT, env={**inherited, **environment}, capture_output=True, text=True, check=True)
    return done.stdout.strip().splitlines()[-1]


def test_a_launched_training_has_the_same_digits_whatever_kernels_and_threads_the_environment_asks_for():
    others = {"ATEN_CPU_CAPABILITY": "default", "ONEDNN_MAX_CPU_ISA": "SSE41", "MKL_CBWR": "AVX", "OMP_NUM_THREADS": "2"}
    found = digits({})
    assert found.startswith("test, 2 steps, 2 processes: ")
    assert digits(others) == found


def test_digits_do_not_depend_on_sharing_two_micro_batches_between_two_processes():
    assert digits({"PET_NPROC_PER_NODE": "1"}).split(": ")[1] == digits({}).split(": ")[1]
