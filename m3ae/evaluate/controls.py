"""What a score is worth: the scores of classifiers that know the question or the image alone, or the frozen pre-trained features.

Of the test split a classifier sees features, and the scores its answers; nothing of it is fitted on or chosen by.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from m3ae.batches.tokenizer import Tokenizer
from m3ae.engine.processes import gathered, is_first, process_share
from m3ae.evaluate.absent import absent
from m3ae.evaluate.classifiers import CONTROLS, Control, Rows, fitted, guesses, learnable, with_validation
from m3ae.evaluate.features import Features, frozen_features
from m3ae.evaluate.predictions import Guess, judged
from m3ae.evaluate.scores import accuracies
from m3ae.kinds import kind_of
from m3ae.model.backbone import Backbone
from m3ae.model.config import ModelConfig, load_config
from m3ae.objectives.answer import Labels
from m3ae.objectives.registry import OBJECTIVES
from m3ae.objectives.saved import loaded_learner
from m3ae.shards.read import Shards, open_answers, open_manifest, open_split
from m3ae.tasks import TaskName


class Frozen(NamedTuple):
    """A pre-trained model, as the features need it."""

    backbone: Backbone
    tokenizer: Tokenizer
    config: ModelConfig

    @classmethod
    def load(cls, folder: Path) -> "Frozen":
        config = load_config(folder)
        return cls(loaded_learner(folder, config).backbone, Tokenizer.load(folder), config)

    def rows(self, shards: Shards) -> Rows:
        rows = [shards.row(number) for number in range(len(shards))]
        features = frozen_features(self.backbone, shards, self.tokenizer, self.config)
        return Rows(features, [row["answers"] for row in rows], [row["image_id"] for row in rows])


def controls(tasks: Sequence[TaskName], shards: Path, pretrained: Path, out: Path) -> dict[TaskName, Any]:
    """Return the scores beside each task that gives answers, or why there are none, and write the predictions to `out`."""
    out.mkdir(parents=True, exist_ok=True)  # DVC's output, even where no task gives answers
    model = Frozen.load(pretrained)
    return {task: task_controls(shards / task, model, out / task) for task in tasks if answers(task)}


def answers(task: TaskName) -> bool:
    return issubclass(kind_of(task).load("head"), Labels)


def task_controls(shards: Path, model: Frozen, out: Path) -> dict[str, Any]:
    missing = why_none(shards, model.config)
    if missing:
        return absent(missing, out)
    splits = {split: open_split(shards, split) for split in ("train", "validation", "test")}
    rows = {split: model.rows(part) for split, part in splits.items() if len(part)}
    train, validation = with_validation(learnable(rows["train"], open_answers(shards)), rows.get("validation"))
    if len({right[0] for right in train.right}) < 2:
        return absent("the training rows have fewer than two different answers", out)
    # Each process fits its share of the classifiers, and is told what the others' answer.
    fits = gathered([answered(control, train, validation, rows["test"].features) for control in list(CONTROLS.values())[process_share()]])
    figures: dict[str, Any] = {"found": True, "synthetic": open_manifest(shards)["synthetic"], "chosen": {}}
    for name, (chosen, given) in zip(CONTROLS, fits, strict=True):
        table = pl.DataFrame([judged(splits["test"].row(number), guess) for number, guess in enumerate(given)])
        figures[name] = accuracies(table)
        figures["chosen"][name] = chosen
        if is_first():
            out.mkdir(exist_ok=True)
            table.write_parquet(out / f"{name}.parquet")
    return figures


def answered(control: Control, train: Rows, validation: Rows, test: Features) -> tuple[dict[str, float], list[Guess]]:
    """Return the setting that validation chose, with its score there, and the answers to the test rows."""
    chosen = fitted(control, train, validation)
    return {"setting": chosen.setting, "validation": chosen.validation}, guesses(chosen, test)


def why_none(shards: Path, config: ModelConfig) -> str:
    """Return why a task can have no controls, "" where it can."""
    if not open_manifest(shards)["found"]:
        return "the release was not found"
    if not set(config.objectives) <= OBJECTIVES.keys():
        return f"the model was not pre-trained alone: its head is that of {', '.join(config.objectives)}"
    empty = [split for split in ("train", "test") if not len(open_split(shards, split))]
    return f"the {empty[0]} split has no rows" if empty else ""
