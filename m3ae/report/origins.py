"""The files that each task's numbers come from, as links from the page to what lies beside it."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from m3ae.report.inputs import Inputs
from m3ae.report.measured import Asked, Result
from m3ae.report.published import ZERO_SHOT

STAGES = ("finetune", "baseline", "evaluate")


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


def links(result: Result, asked: Asked, places: Places) -> list[Link]:
    """Return the links to what a task was scored from; none where it was not measured."""
    if result.missing:
        return []
    return list(of_zero_shot(places) if result.entry.name == ZERO_SHOT else of_task(result.entry.name, asked, places))


def stages(result: Result, asked: Asked, inputs: Inputs) -> list[str]:
    """Return the stages of dvc.yaml that made a task's numbers, by their names there; none where it was not measured."""
    if result.missing:
        return []
    name = result.entry.name
    if name == ZERO_SHOT:
        return [ZERO_SHOT]
    return [f"{stage}@{name}-{seed}" for stage in STAGES for seed in measured_seeds(name, asked, inputs)]


def measured_seeds(task: str, asked: Asked, inputs: Inputs) -> list[int]:
    return [seed for seed in asked.seeds if inputs.metrics(f"evaluate/{task}-{seed}")]


def of_zero_shot(places: Places) -> Iterator[Link]:
    yield places.link("scores", places.inputs.data / "metrics" / "zero_shot.json")
    yield places.link("predictions", places.inputs.zero_shot_predictions())
    if not places.pretrained.is_absolute():  # the page is the same on every machine
        yield places.link("model", places.pretrained / "README.md")


def of_task(task: str, asked: Asked, places: Places) -> Iterator[Link]:
    data = places.inputs.data
    for seed in measured_seeds(task, asked, places.inputs):
        run, which = f"{task}-{seed}", f" of seed {seed}" if len(asked.seeds) > 1 else ""
        yield places.link(f"scores{which}", data / "metrics" / "evaluate" / f"{run}.json")
        yield places.link("predictions", places.inputs.predictions(task, seed))
        yield places.link("predictions from scratch", places.inputs.predictions(task, seed, "scratch"))
        yield places.link("model", data / "finetune" / run / "README.md")
        yield places.link("model from scratch", data / "baseline" / run / "README.md")
