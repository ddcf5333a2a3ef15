"""What of a run is not the same everywhere: the commit, the machine that wrote the report, the versions of what it ran with.

None of it may enter an output that DVC tracks, so it lies beside them; the page shows it from there.
"""

import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil

from m3ae.disk.json import write_json
from m3ae.report import revision
from m3ae.report.templates import rendered

TEMPLATE = "run.html.j2"
PACKAGES = (
    *("m3ae-dvc", "torch", "torchvision", "deepspeed", "timm", "transformers", "tokenizers", "safetensors"),
    *("dvc", "numpy", "scipy", "pillow", "opencv-python-headless", "imagehash", "polars", "pyarrow"),
)
NONE = "none"
Record = dict[str, dict[str, Any]]


def write_run_record(folder: Path) -> None:
    """Write run.json and run.html into `folder`."""
    record = run_record()
    write_json(folder / "run.json", record)
    (folder / "run.html").write_text(rendered(TEMPLATE, record=record), encoding="utf-8")


def run_record() -> Record:
    """Return what is known, by heading; no host name, user or path is part of it."""
    return {
        "code": {
            "git commit": revision.head() or NONE,
            "files changed since": ", ".join(revision.changed_files()) or NONE,
            "report written": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        },
        "machine": machine(),
        "versions": {"python": platform.python_version(), **{name: version_of(name) for name in PACKAGES}},
    }


def machine() -> dict[str, Any]:
    import torch  # takes seconds, and nothing else of the report needs it

    described = cpu_described()
    return {
        "processor": described.get("model name", platform.processor() or platform.machine()),
        "AVX-512": "yes" if "avx512f" in described.get("flags", "").split() else "no",
        "kernels that torch chose": torch.backends.cpu.get_cpu_capability(),
        "cores": f"{usable_cores()} of {os.cpu_count()}",
        "memory, GiB": round(psutil.virtual_memory().total / 2**30),
        "GPUs": ", ".join(gpus()) or NONE,
        "CUDA of torch": torch.version.cuda or NONE,
        "system": f"{system()}, {platform.system()} {platform.release()}",
    }


def cpu_described() -> dict[str, str]:
    """Return what Linux says of the first core; nothing on other systems."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").split("\n\n")[0].splitlines() if path.is_file() else []
    return {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}


def usable_cores() -> int | None:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def gpus() -> list[str]:
    """Return name, memory and driver of each GPU, as nvidia-smi tells them."""
    command = ["nvidia-smi", "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"]
    try:
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return []
    return ["{} ({}, driver {})".format(*line.split(", ")) for line in told.splitlines()]


def system() -> str:
    """Return the distribution, "macOS" or whatever the system calls itself."""
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        return sys.platform


def version_of(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return NONE
