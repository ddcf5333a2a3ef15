"""What a stage leaves where it has nothing to test."""

from pathlib import Path
from typing import Any

from m3ae.disk.json import write_json
from m3ae.engine.processes import is_first


def absent(reason: str, out: Path) -> dict[str, Any]:
    """Return the metrics that say why there are no scores, and leave them in `out` instead of predictions."""
    figures = {"found": False, "reason": reason}
    if is_first():
        write_json(out / "absent.json", figures)
    return figures
