"""How long each stage took, in how many processes, on what: written down beside the outputs as a stage ends, for none of it is a result.

`stages/launch.py` does so for what it starts, `stages/__init__.py` for the others.
"""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from m3ae.disk.json import write_json
from m3ae.report.machine import gpus, processor

LIVE, TIMES = Path("data/live"), "stages"
SPEED = Path("pretrain/metrics.json")  # DVCLive's
SECONDS = (("h", 3600), ("min", 60), ("s", 1))


@contextmanager
def timed(processes: int) -> Iterator[None]:
    """Write down the time of a stage that ends well."""
    yield
    write_time(processes)


def write_time(processes: int) -> None:
    """Write down how long this process has been at its stage; nothing where DVC has not started it."""
    name = os.environ.get("DVC_STAGE")
    if name:
        seconds = time.time() - psutil.Process().create_time()
        found = {"ended": time.time(), "seconds": seconds, "processes": processes, "on": ", ".join(gpus()) or processor()}
        write_json(LIVE / TIMES / f"{name}.json", found)


def told(live: Path) -> dict[str, str]:
    """Return in a line what is known of each stage, in the order in which they ended; a resumed one is timed from its resumption."""
    found = [(path.stem, json.loads(path.read_text(encoding="utf-8"))) for path in (live / TIMES).glob("*.json")]
    found.sort(key=lambda stage: stage[1]["ended"])
    return {name: in_words(stage, speed(live) if name == "pretrain" else "") for name, stage in found}


def in_words(found: dict[str, Any], speed: str) -> str:
    processes = "1 process" if found["processes"] == 1 else f"{found['processes']} processes"
    return f"{duration(found['seconds'])}{speed}, {processes}, {found['on']}"


def duration(seconds: float) -> str:
    """Return `1 h 02 min`, `3 min 20 s` or `12 s`."""
    left = round(seconds)
    parts: list[str] = []
    for unit, length in SECONDS:
        if parts or left >= length or unit == "s":
            parts.append(f"{left // length:02d} {unit}" if parts else f"{left // length} {unit}")
        left %= length
    return " ".join(parts[:2])


def speed(live: Path) -> str:
    path = live / SPEED
    rate = json.loads(path.read_text(encoding="utf-8")).get("pairs_per_second") if path.is_file() else None
    return "" if rate is None else f", {rate:.1f} pairs a second at its end"
