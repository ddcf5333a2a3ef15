"""The full grid of perturbations as tables: what each operator takes off at each severity, and what is lost where a half is missing.

python -m benchmarks.perturbations OUT      after `dvc exp run -S robustness=full`; OUT gets table.md and the metrics that it is made of

A figure is the mean change of the score in points over the tasks that give answers or classes: pre-trained / from scratch.
"""

import argparse
import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from statistics import fmean
from typing import Any

from benchmarks.tables import table
from m3ae.perturb.grid import MISSING, SEVERITIES, SHARES, Condition
from m3ae.perturb.images import IMAGE_OPERATORS
from m3ae.perturb.texts import TEXT_OPERATORS
from m3ae.report.measured import value_at
from m3ae.report.robustness import STARTS

METRICS = Path("data/metrics/robustness.json")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--metrics", type=Path, default=METRICS)
    args = parser.parse_args()
    text = tables(json.loads(args.metrics.read_text(encoding="utf-8")))
    args.out.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(args.metrics, args.out / "robustness.json")
    (args.out / "table.md").write_text(text, encoding="utf-8")


def tables(metrics: dict[str, Any]) -> str:
    """Return a table of the operators by severity, and one of what is missing by its share."""
    operators = (("image", IMAGE_OPERATORS), ("text", TEXT_OPERATORS))
    rows = [(half, name, *cells(metrics, name, SEVERITIES)) for half, names in operators for name in names]
    missing = [(name.removeprefix("missing_"), *cells(metrics, name, SHARES)) for name in MISSING]
    severities, shares = [f"severity {level}" for level in SEVERITIES], [f"{share}%" for share in SHARES]
    return table(("Spoilt", "Operator", *severities), rows, num_named=2) + "\n" + table(("Missing", *shares), missing)


def cells(metrics: dict[str, Any], operator: str, levels: Iterable[int]) -> list[str]:
    return [" / ".join(mean_change(metrics, start, Condition(operator, level)) for start in STARTS) for level in levels]


def mean_change(metrics: dict[str, Any], start: str, condition: Condition) -> str:
    """Return the change in points, a mean over the tasks; a dash where no task was tested so."""
    found = [value_at(task[start], f"{condition}.change.overall.points") for task in metrics.values()]
    changes = [change for change in found if change is not None]
    return f"{fmean(changes):+.1f}" if changes else "–"


if __name__ == "__main__":
    main()
