"""What the files of a run say of each other, apart from dvc.lock: everything that can be counted again from what it was counted from."""

import json
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import polars as pl
from dvc.stage import Stage

from m3ae.disk.identity import code_digest
from m3ae.disk.json import rounded
from m3ae.disk.sealed import sealed
from m3ae.evaluate.kinds import EVALUATIONS
from m3ae.evaluate.robustness import figures_of, read_tables
from m3ae.lineage.compared import Item
from m3ae.model.card import CODE
from m3ae.params import load
from m3ae.releases.inventory import take_inventory
from m3ae.tasks import TASKS

STARTS = ("pretrained", "scratch")  # the models that a task is tested with
Check = Callable[[Stage, Collection[str]], Iterator[Item]]


def cross_checks(stage: Stage, chain: Collection[str]) -> list[Item]:
    """Return what can be counted again of the stage's outputs, which are there; `chain` names the stages that are traced."""
    return list(CHECKS[loop(stage)](stage, chain)) if loop(stage) in CHECKS else []


def loop(stage: Stage) -> str:
    """Return the stage's name without the item of its loop."""
    return stage.addressing.partition("@")[0]


def scores(stage: Stage, _chain: Collection[str]) -> Iterator[Item]:
    """Count a task's scores from its predictions."""
    folder, metrics = folder_and_metrics(stage)
    kind = TASKS[stage.name.partition("@")[2].rpartition("-")[0]].kind
    held = json.loads(metrics.read_text())
    for start in STARTS if held["found"] else ():
        yield recounted(kind, folder / f"{start}.parquet", held[start], f"{metrics}: {start}")


def zero_shot_scores(stage: Stage, _chain: Collection[str]) -> Iterator[Item]:
    folder, metrics = folder_and_metrics(stage)
    held = json.loads(metrics.read_text())
    if held["found"]:
        yield recounted("retrieve", folder / "predictions.parquet", held, str(metrics))


def robustness_scores(stage: Stage, _chain: Collection[str]) -> Iterator[Item]:
    folder, metrics = folder_and_metrics(stage)
    for task, held in json.loads(metrics.read_text()).items():
        for start in STARTS:
            runs = [read_tables(table) for table in sorted(folder.glob(f"{task}-*/{start}.parquet"))]
            found = rounded(figures_of(EVALUATIONS[TASKS[task].kind], runs))
            yield Item("counts", f"{metrics}: {task}, {start}", held[start], found)


def folder_and_metrics(stage: Stage) -> tuple[Path, Path]:
    [metrics] = (out for out in stage.outs if out.metric)
    [folder] = (out for out in stage.outs if out.use_cache)
    return Path(str(folder)), Path(str(metrics))


def recounted(kind: str, table: Path, held: dict[str, Any], name: str) -> Item:
    """Return the scores that a metric file holds beside those that the table of predictions gives."""
    found = rounded(EVALUATIONS[kind].score(pl.read_parquet(table)))
    return Item("counts", name, {key: held.get(key) for key in found}, found)


def releases(stage: Stage, chain: Collection[str]) -> Iterator[Item]:
    """Take the inventory of each release that a traced stage prepares."""
    [folder] = stage.outs
    held = {path.stem: json.loads(path.read_text()) for path in sorted(Path(str(folder)).glob("*.json"))}
    for name in (name for name in held if f"prepare@{name}" in chain):
        found = sealed(take_inventory(Path(load(Path("params.yaml"))["releases"]) / name)._asdict())
        yield Item("counts", f"{folder}/{name}.json", held[name], found)


def card(stage: Stage, _chain: Collection[str]) -> Iterator[Item]:
    """Compare the digest of the code that a model card names with that of the code as it is."""
    path = folder_and_metrics(stage)[0] / "README.md"
    if path.is_file():  # there is no model where the task's release was not found
        yield Item("card", path.as_posix(), path.read_text().partition(f"{CODE}: ")[2].split("\n")[0], code_digest(loop(stage)))


CHECKS: dict[str, Check] = {
    "evaluate": scores,
    "zero_shot": zero_shot_scores,
    "robustness": robustness_scores,
    "inventory": releases,
    "pretrain": card,
    "finetune": card,
    "baseline": card,
}
SCORED = ("evaluate", "zero_shot")  # the stages that a number of the table comes from
