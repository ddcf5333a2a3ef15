"""The machine: versions, the card, and how fast it multiplies matrices of random numbers."""

import platform
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version

import torch

from benchmarks.gpu_section import Job, Row, spread
from benchmarks.gpu_sizes import sizes_of
from m3ae.pretrain.speed import matrix_speed, seconds
from m3ae.report.machine import machine
from m3ae.report.revision import head

PACKAGES = ("torch", "triton", "deepspeed", "transformers", "timm", "numpy")
NUM_TIMED = 5
OPERATIONS = 2e13  # of one timing, on a GPU: long enough that the clock's and the launches' time count for nothing
TYPES = {"bf16": (torch.bfloat16, "highest"), "fp32": (torch.float32, "highest"), "TF32": (torch.float32, "high")}


def versions(_: Job) -> Iterator[Row]:
    facts = {
        "Python": platform.python_version(),
        **{name: installed(name) for name in PACKAGES},
        "commit": head() or None,
        **machine(),
        **card(),
    }
    for what, value in facts.items():
        yield {"what": what, "value": value}


def installed(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def card() -> Row:
    """Return what torch knows of the card; `machine` asks nvidia-smi, which need not be there."""
    if not torch.cuda.is_available():
        return {}
    found = torch.cuda.get_device_properties(0)
    return {"card": found.name, "multiprocessors": found.multi_processor_count, "compute capability": f"{found.major}.{found.minor}"}


def matrices(job: Job) -> Iterator[Row]:
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    for name in TYPES:
        for side in sizes_of(job.toy).products:
            yield job.attempt({"type": name, "side": side}, lambda name=name, side=side: spread("TFLOP/s", speeds(name, side, device)))
    if not job.toy:  # which multiplies matrices of 2,048 on a CPU
        own = {"type": "bf16, of ones: what the live log's MFU goes by", "side": None}
        yield job.attempt(own, lambda: {"TFLOP/s": matrix_speed(torch.bfloat16, device) / 1e12})


def speeds(name: str, side: int, device: torch.device) -> list[float]:
    """Return the TFLOP/s of square matrix products, measured `NUM_TIMED` times."""
    dtype, precision = TYPES[name]
    one, other = (torch.randn(side, side, device=device).to(dtype) for _ in range(2))
    rounds = max(1, round(OPERATIONS / (2 * side**3))) if device.type == "cuda" else 1

    def multiply() -> None:
        for _ in range(rounds):
            one @ other

    with matrix_precision(precision):
        return [2 * side**3 * rounds / seconds(multiply, device) / 1e12 for _ in range(NUM_TIMED + 1)][1:]


@contextmanager
def matrix_precision(precision: str) -> Iterator[None]:
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision(precision)
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)
