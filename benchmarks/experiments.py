"""DVC experiments by name: run what has not run, read what has.

They want a clone in which `dvc repro inventory` has run once. Where stages are taken up from the run cache, DVC 3.67.1 asks for
what dvc.lock has as data/inventory, even where the experiment has another one ("failed to load directory"), and a fresh clone has nothing
of it.
"""

import json
import subprocess
from collections.abc import Sequence
from typing import Any

from dvc.api import DVCFileSystem
from dvc.exceptions import DvcException


def refuse_changes() -> None:
    """Raise SystemExit where every experiment would carry what is not committed."""
    if subprocess.run(["git", "diff", "--quiet", "HEAD", "--", "params.yaml", "scales"]).returncode:
        raise SystemExit("params.yaml or scales/ differ from the last commit, and every row would carry that: commit or undo it first")


def run(name: str, settings: Sequence[str]) -> None:
    """Run the experiment with the parameters that `settings` set, each as `key=value`, unless there is one of its name."""
    if read(name, "data/metrics/report.json"):
        return
    print(f"{name}: {' '.join(settings)}", flush=True)
    options = [word for setting in settings for word in ("-S", setting)]
    subprocess.run(["dvc", "exp", "run", "--temp", "--name", name, *options], check=True)


def read(experiment: str, path: str) -> dict[str, Any]:
    """Return the content of an experiment's JSON file, nothing where there is no such experiment or file."""
    content = read_bytes(experiment, path)
    return json.loads(content) if content else {}


def read_bytes(experiment: str, path: str) -> bytes:
    files = DVCFileSystem(rev=experiment)
    try:
        return files.read_bytes(path)
    except (DvcException, FileNotFoundError):  # told when the first file is asked for
        return b""
