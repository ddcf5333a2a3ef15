"""What of a run is not the same everywhere: the commit, the machine that wrote the report, the versions of what it ran with.

None of it may enter an output that DVC tracks, so it lies beside them; the page shows it from there.
"""

import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from m3ae.disk.json import write_json
from m3ae.disk.named import first_few
from m3ae.report import revision
from m3ae.report.machine import NONE, machine
from m3ae.report.stage_times import told
from m3ae.report.templates import rendered

TEMPLATE = "run.html.j2"
NUM_NAMED = 8  # files that differ from the commit
PACKAGES = (
    *("m3ae-dvc", "torch", "torchvision", "deepspeed", "timm", "transformers", "tokenizers", "safetensors"),
    *("dvc", "numpy", "scipy", "pillow", "opencv-python-headless", "imagehash", "polars", "pyarrow"),
)
Record = dict[str, dict[str, Any]]


def write_run_record(folder: Path) -> None:
    """Write run.json and run.html into `folder`."""
    record = run_record() | {"stages": told(folder)}
    write_json(folder / "run.json", record)
    (folder / "run.html").write_text(rendered(TEMPLATE, record=record), encoding="utf-8")


def run_record() -> Record:
    """Return what is known, by heading; no host name, user or path is part of it."""
    return {
        "code": {
            "git commit": revision.head() or NONE,
            "files changed since": first_few(revision.changed_files(), NUM_NAMED) or NONE,
            "report written": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        },
        "machine": machine(),
        "versions": {"python": platform.python_version(), **{name: version_of(name) for name in PACKAGES}},
    }


def version_of(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return NONE
