"""The files that each task's numbers come from, as links from the page to what lies beside it."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from m3ae.report.inputs import Inputs
from m3ae.report.measured import Asked, Result
from m3ae.report.published import ZERO_SHOT


class Link(NamedTuple):
    label: str
    address: str  # relative to the page


class Places(NamedTuple):
    """Where the files lie, relative to where the command runs."""

    inputs: Inputs
    pretrained: Path  # the model folder that everything starts from
    page: Path  # the folder of the page

    def link(self, label: str, path: Path) -> Link:
        return Link(label, Path(os.path.relpath(path, self.page)).as_posix())


def origins(results: Sequence[Result], asked: Asked, places: Places) -> dict[str, list[Link]]:
    """Return the links of each task that was measured, by its name."""
    found = {result.entry.name: result.entry.name == ZERO_SHOT for result in results if not result.missing}
    return {name: list(of_zero_shot(places) if zero_shot else of_task(name, asked, places)) for name, zero_shot in found.items()}


def of_zero_shot(places: Places) -> Iterator[Link]:
    yield places.link("scores", places.inputs.data / "metrics" / "zero_shot.json")
    yield places.link("predictions", places.inputs.zero_shot_predictions())
    if not places.pretrained.is_absolute():  # the page is the same on every machine
        yield places.link("model", places.pretrained / "README.md")


def of_task(task: str, asked: Asked, places: Places) -> Iterator[Link]:
    data = places.inputs.data
    for seed in (seed for seed in asked.seeds if places.inputs.metrics(f"evaluate/{task}-{seed}")):
        run, which = f"{task}-{seed}", f" of seed {seed}" if len(asked.seeds) > 1 else ""
        yield places.link(f"scores{which}", data / "metrics" / "evaluate" / f"{run}.json")
        yield places.link("predictions", places.inputs.predictions(task, seed))
        yield places.link("predictions from scratch", places.inputs.predictions(task, seed, "scratch"))
        yield places.link("model", data / "finetune" / run / "README.md")
        yield places.link("model from scratch", data / "baseline" / run / "README.md")
