"""The machine: versions, the card, and how fast it multiplies matrices of random numbers."""

import os
import platform
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version

import psutil
import torch

from benchmarks.gpu_section import Job, Row, spread
from benchmarks.gpu_sizes import sizes_of
from m3ae.pretrain.speed import matrix_speed, synchronise

PACKAGES = ("torch", "triton", "deepspeed", "transformers", "timm", "numpy")
NUM_TIMED = 5
OPERATIONS = 2e13  # of one timing, on a GPU: long enough that the clock's and the launches' time count for nothing
TYPES = {"bf16": (torch.bfloat16, "highest"), "fp32": (torch.float32, "highest"), "TF32": (torch.float32, "high")}


def versions(_: Job) -> Iterator[Row]:
    facts = {
        "Python": platform.python_version(),
        **{name: installed(name) for name in PACKAGES},
        "processor": f"{platform.machine()}, {os.cpu_count()} cores, {psutil.virtual_memory().total / 1e9:.0f} GB",
        "commit": said("git", "rev-parse", "--short", "HEAD"),
        **card(),
    }
    for what, value in facts.items():
        yield {"what": what, "value": value}


def installed(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def said(*command: str) -> str | None:
    """Return what a command prints, None where it cannot be run."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def card() -> Row:
    if not torch.cuda.is_available():
        return {"card": "none"}
    found = torch.cuda.get_device_properties(0)
    return {
        "card": f"{found.name}, {found.total_memory / 1e9:.0f} GB, {found.multi_processor_count} multiprocessors",
        "compute capability": f"{found.major}.{found.minor}",
        "CUDA of torch": torch.version.cuda,
        "driver": said("nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"),
    }


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
    with matrix_precision(precision):
        return [2 * side**3 * rounds / seconds(one, other, rounds, device) / 1e12 for _ in range(NUM_TIMED + 1)][1:]


def seconds(one: torch.Tensor, other: torch.Tensor, rounds: int, device: torch.device) -> float:
    synchronise(device)
    begun = time.perf_counter()
    for _ in range(rounds):
        one @ other
    synchronise(device)
    return time.perf_counter() - begun


@contextmanager
def matrix_precision(precision: str) -> Iterator[None]:
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision(precision)
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)
