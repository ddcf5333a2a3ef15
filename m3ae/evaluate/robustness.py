"""How much of a fine-tuned model's score is left when images or texts are spoilt, or missing.

Each condition's scores are means over seeds. `flipped` is the percent of answers that are not the clean ones, `mean_rank` the mean place of
the first right partner (0 = the best); `change` is in points against the clean score, with a paired interval on the same items. A family's
`mean` is over its conditions, what is missing left out, and `relative_drop` the percent of the clean score that is lost
(Qiu et al., 2022, arXiv 2212.08044).
"""

from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

import polars as pl

from m3ae.batches.tokenizer import Tokenizer
from m3ae.disk.json import leaves, write_json
from m3ae.engine.processes import is_first
from m3ae.evaluate.intervals import gain_interval
from m3ae.evaluate.items import MAIN, RANKS, items, mean
from m3ae.evaluate.kinds import EVALUATIONS, Evaluation
from m3ae.evaluate.predictions import Test
from m3ae.evaluate.scores import in_a_line
from m3ae.model.config import load_config
from m3ae.objectives.saved import loaded_learner
from m3ae.perturb.grid import Condition, Grid
from m3ae.perturb.shards import PerturbedShards
from m3ae.shards.read import open_answers, open_manifest, open_split
from m3ae.tasks import TASKS, TaskName

FAMILIES = ("image", "text")
CLEAN = "clean"
Run = dict[Condition | None, pl.DataFrame]  # one model's predictions under each condition; under None, the clean ones


class RobustnessPaths(NamedTuple):
    shards: Path  # a folder for each task
    finetuned: Path  # a model folder for each task and seed
    baseline: Path
    evaluated: Path  # a folder for each task and seed: the predictions on the clean rows
    out: Path
    metrics: Path

    def models(self) -> dict[str, Path]:
        return {"pretrained": self.finetuned, "scratch": self.baseline}


def run(tasks: Sequence[TaskName], seeds: Sequence[int], grid: Grid, paths: RobustnessPaths, rerank: int = 0) -> None:
    """Test every model of every task whose release was found; write the scores, and the predictions that they are counted from."""
    tested = [task for task in tasks if grid.conditions and (grid.ranks or TASKS[task].kind != "retrieve")]
    manifests = {task: open_manifest(paths.shards / task) for task in tested}
    figures = {
        task: {"synthetic": manifest["synthetic"], **both_models(task, seeds, grid.conditions, paths, rerank)}
        for task, manifest in manifests.items()
        if manifest["found"]
    }
    if is_first():
        write_json(paths.metrics, figures)
        for task, found in figures.items():
            print(in_a_line(f"robustness: {task}, clean", {start: found[start]["clean"] for start in paths.models()}))
        write_json(paths.out / "conditions.json", [str(condition) for condition in grid.conditions])


def both_models(
    task: TaskName, seeds: Sequence[int], conditions: Sequence[Condition], paths: RobustnessPaths, rerank: int
) -> dict[str, Any]:
    evaluation, found = EVALUATIONS[TASKS[task].kind], {}
    for start, folder in paths.models().items():
        runs: list[Run] = [
            {
                None: pl.read_parquet(paths.evaluated / f"{task}-{seed}" / f"{start}.parquet"),
                **predicted(evaluation, paths.shards / task, folder / f"{task}-{seed}", conditions, rerank),
            }
            for seed in seeds
        ]
        found[start] = figures_of(evaluation, runs)
        if is_first():
            for seed, tables in zip(seeds, runs, strict=True):
                write_tables(tables, paths.out / f"{task}-{seed}" / f"{start}.parquet")
    return found


def predicted(evaluation: Evaluation, shards: Path, folder: Path, conditions: Sequence[Condition], rerank: int) -> Run:
    """Return what the model in `folder` makes of the spoilt test rows; the words of the answers are left as they are."""
    config, test, answers = load_config(folder), open_split(shards, "test"), open_answers(shards)
    learner, tokenizer = loaded_learner(folder, config), Tokenizer.load(folder)
    clean = Test(test, answers, tokenizer, config, rerank=rerank)
    protected = frozenset(word for answer in answers for word in answer.lower().split())
    spoilt = {condition: PerturbedShards(test, condition, protected) for condition in conditions}
    return {condition: evaluation.predict(learner, clean._replace(shards=rows, clean=test)) for condition, rows in spoilt.items()}


def figures_of(evaluation: Evaluation, runs: Sequence[Run]) -> dict[str, Any]:
    """Return the scores under each condition, and what is left of the clean ones under each family of conditions."""
    conditions = list(runs[0])
    found = {condition: mean_of([scores(evaluation, tables[condition], tables[None]) for tables in runs]) for condition in conditions}
    clean, spoilt = found[None], {condition: found[condition] for condition in conditions if condition is not None}
    families = {family: [scores for condition, scores in spoilt.items() if condition.family == family] for family in FAMILIES}
    changes = {str(condition): figures | {"change": change(runs, condition)} for condition, figures in spoilt.items()}
    return {"clean": clean, **{family: left(clean, several) for family, several in families.items() if several}, **changes}


def scores(evaluation: Evaluation, table: pl.DataFrame, clean: pl.DataFrame) -> dict[str, Any]:
    ranks = {way: mean(table[column]) for way, column in RANKS.items() if column in table.columns}
    others = 100 * mean(table["prediction"] != clean["prediction"])
    return evaluation.score(table) | ({"mean_rank": ranks} if ranks else {"flipped": others})


def mean_of(several: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the mean of each number."""
    first = several[0]
    return {
        name: mean_of([part[name] for part in several]) if isinstance(first[name], dict) else fmean(part[name] for part in several)
        for name in first
    }


def change(runs: Sequence[Run], condition: Condition) -> dict[str, dict[str, float]]:
    """Return what each of the task's main scores gains, in points, and the gain's interval."""
    found = {}
    for name in MAIN:
        pairs = [(items(tables[condition])[name], items(tables[None])[name]) for tables in runs if name in items(tables[None])]
        if pairs:
            spoilt, clean = zip(*pairs, strict=True)
            points = 100 * fmean(mean(ours["right"]) - mean(theirs["right"]) for ours, theirs in pairs)
            interval = gain_interval(spoilt, clean)
            found[name] = {"points": points} | (interval._asdict() if interval else {})
    return found


def left(clean: dict[str, Any], spoilt: Sequence[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Return the mean of each score over several conditions, and the percent of the clean one that this is below it."""
    before, after = dict(leaves(clean)), dict(leaves(mean_of(spoilt)))
    accuracies = {name: value for name, value in before.items() if value and not name.startswith(("mean_rank", "flipped"))}
    return {"mean": after, "relative_drop": {name: 100 * (1 - after[name] / value) for name, value in accuracies.items()}}


def write_tables(tables: Run, out: Path) -> None:
    """Write all predictions of a model into one table; its column `condition` is "clean", or the condition's name."""
    out.parent.mkdir(parents=True, exist_ok=True)
    named = [table.with_columns(condition=pl.lit(str(condition or CLEAN))) for condition, table in tables.items()]
    pl.concat(named).write_parquet(out)


def read_tables(path: Path) -> Run:
    """Return what `write_tables` wrote."""
    parts = pl.read_parquet(path).partition_by("condition", include_key=False, as_dict=True, maintain_order=True)
    return {None if name == CLEAN else Condition.of(name): table for (name,), table in parts.items()}
