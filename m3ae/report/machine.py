"""The machine that a run was made on; no host name, user or path is part of it."""

import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil

NONE = "none"


def machine() -> dict[str, Any]:
    import torch  # takes seconds, and nothing else of the report needs it

    return {
        "processor": processor(),
        "AVX-512": "yes" if "avx512f" in cpu_described().get("flags", "").split() else "no",
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


def processor() -> str:
    return cpu_described().get("model name", platform.processor() or platform.machine())
