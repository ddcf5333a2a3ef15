import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
import torch

from m3ae.engine.kernels import pin_kernels
from m3ae.engine.pinned import PINNED

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def pinned() -> None:
    pin_kernels()  # for the rest of this process, as in a training


def made_up(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape)))


@pytest.mark.parametrize("transposed", [False, True])
def test_products_are_those_of_float64(transposed):
    left, right, added = made_up(33, 20), made_up(20, 7), made_up(7)
    if transposed:
        left, right = left.t().contiguous().t(), right.t().contiguous().t()
    expected = left.double() @ right.double()
    assert torch.allclose(torch.mm(left, right).double(), expected, atol=1e-5)
    assert torch.allclose(torch.bmm(left[None], right[None])[0].double(), expected, atol=1e-5)
    assert torch.allclose(torch.addmm(added, left, right).double(), added.double() + expected, atol=1e-5)
    scaled = torch.addmm(added, left, right, beta=0.5, alpha=2)
    assert torch.allclose(scaled.double(), 0.5 * added.double() + 2 * expected, atol=1e-5)


@pytest.mark.parametrize("kind", [torch.float32, torch.float64])
def test_square_roots_are_rounded_to_the_nearest_number(kind):
    values = made_up(1000).abs().to(kind)
    exact = torch.tensor([float(Decimal(value).sqrt()) for value in values.tolist()], dtype=torch.float64).to(kind)
    assert torch.equal(values.sqrt(), exact)
    assert torch.equal(values**0.5, exact)
    assert torch.tensor(4.0, dtype=kind).sqrt() == 2


def test_gradients_are_those_of_float64():
    left, right = (made_up(*shape).requires_grad_() for shape in ((33, 20), (20, 7)))
    exact = [value.detach().double().requires_grad_() for value in (left, right)]
    (left @ right).square().sum(dim=1).sqrt().sum().backward()
    (exact[0] @ exact[1]).square().sum(dim=1).sqrt().sum().backward()
    for value, expected in zip((left, right), exact, strict=True):
        assert torch.allclose(value.grad.double(), expected.grad, atol=1e-5)


@pytest.mark.parametrize("kind", [torch.float64, torch.bfloat16, torch.int64])
def test_other_types_stay_what_they_are(kind):
    left, right = torch.ones(3, 4, dtype=kind), torch.ones(4, 2, dtype=kind)
    assert torch.equal(torch.mm(left, right), torch.full((3, 2), 4, dtype=kind))
    assert torch.equal(torch.addmm(right[0], left, right), torch.full((3, 2), 5, dtype=kind))


def test_a_product_with_nothing_in_it_is_zeros():
    assert torch.mm(made_up(0, 4), made_up(4, 5)).shape == (0, 5)
    assert torch.equal(torch.mm(made_up(3, 0), made_up(0, 5)), torch.zeros(3, 5))


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
