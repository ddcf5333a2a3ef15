"""What happened during a run, as rows: the loss curves that DVC draws."""

from pathlib import Path
from typing import Any

import polars as pl


def write_curve(path: Path, rows: list[dict[str, Any]]) -> None:
    """One CSV line a row, columns in the order of the first row, floats to six digits."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pl.DataFrame(rows, infer_schema_length=None).write_csv(path, float_precision=6)
