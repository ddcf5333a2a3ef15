"""The fine-tuning stages' parts put together: one task's shards and what to start from in, a model folder and metrics out.

`finetune` starts from a model folder, `baseline` from an architecture alone; everything else is the same.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import torch.distributed as dist
from huggingface_hub import EvalResult

from m3ae.batches.tokenizer import Tokenizer
from m3ae.disk.digest import MANIFEST, name_of_file
from m3ae.disk.json import write_json
from m3ae.engine.agreement import facts_of_files, require_agreement
from m3ae.engine.params import DeepSpeedParams
from m3ae.engine.processes import is_first
from m3ae.engine.shard_digests import require_whole_splits
from m3ae.finetune.loop import Best, Epoch, TrainedTask, finetune
from m3ae.finetune.params import FinetuneParams
from m3ae.hub import carry_code
from m3ae.kinds import kind_of
from m3ae.model.card import model_card
from m3ae.model.config import WEIGHTS, ModelConfig, load_config
from m3ae.model.folder import save_model
from m3ae.objectives.saved import saved_weights
from m3ae.shards.read import Shards, open_answers, open_manifest, open_split, stored_as
from m3ae.tasks import TASKS, TaskName

SPLITS = ("train", "validation", "test")
PIPELINE_TAG = "visual-question-answering"  # of what answers; the hub has none for the other kinds


class FinetunePaths(NamedTuple):
    shards: Path
    initial: Path  # a model folder, or an architecture: the same without weights
    out: Path
    metrics: Path
    curve: Path


class Run(NamedTuple):
    """What is fine-tuned, and how."""

    task: TaskName
    seed: int
    params: FinetuneParams
    deepspeed: DeepSpeedParams
    code: str  # digest of the stage's files


def run(this: Run, paths: FinetunePaths) -> None:
    """Fine-tune from the weights in `paths.initial`, or from scratch where there are none.

    Where the task's release was not found, the outputs say so.
    """
    manifest = open_manifest(paths.shards)
    if not manifest["found"]:
        if is_first():
            write_absent(this, paths)
        return
    require_agreement({"code": this.code, **facts_of_files(shards=paths.shards, initial=paths.initial)})
    require_whole_splits([paths.shards], SPLITS)
    splits = open_splits(this.task, paths.shards)
    training = kind_of(this.task).load("training")
    answers = open_answers(paths.shards)
    task: TrainedTask = training(splits, answers, Tokenizer.load(paths.initial), this.params)
    saved = load_config(paths.initial)
    pretrained = saved_weights(paths.initial, saved) if saved.objectives else None  # an architecture was trained for nothing
    config = saved.at(this.params.image_px, this.params.text_tokens)
    best = finetune(task, config, this.params, this.deepspeed, this.seed, pretrained)
    if is_first():
        trained = fine_tuned(config, this.task, task.name, answers if task.num_labels else [])
        save_model(paths.out, trained, best.weights, paths.initial, card(this, paths, best, splits), stored_as([paths.shards]))
        carry_code(paths.out)
        figures = {"found": True, "synthetic": manifest["synthetic"], "task": this.task, "seed": this.seed}
        sizes = {split: len(shards) for split, shards in splits.items()}
        write_json(paths.metrics, figures | {"sizes": sizes, "epoch": best.epoch, "validation": best.validation})
        write_curve(paths.curve, best.curve)
        which = f"{paths.metrics.parent.name}: {this.task}, seed {this.seed}"
        print(f"{which}: epoch {best.epoch} of {this.params.epochs}, validation {best.validation:.1f}%")
    dist.barrier()


def open_splits(task: TaskName, folder: Path) -> dict[str, Shards]:
    """Raise SystemExit where the train or test split is empty."""
    splits = {split: open_split(folder, split) for split in SPLITS}
    for split in ("train", "test"):
        if not len(splits[split]):
            dropped = f"data/metrics/prepare/{TASKS[task].release}.json"
            raise SystemExit(f"{folder}: {task} has no {split} rows; see {dropped} for what was dropped")
    return splits


def fine_tuned(config: ModelConfig, task: TaskName, objective: str, labels: list[str]) -> ModelConfig:
    """Return the configuration of what `config` becomes: a model that knows its task and, where it has some, its labels' names."""
    names = {"num_labels": len(labels), "id2label": dict(enumerate(labels))}
    return config.model_copy(update={"objectives": (objective,), "task": task, "task_title": TASKS[task].title, **names})


def card(this: Run, paths: FinetunePaths, best: Best, splits: dict[str, Shards]) -> str:
    weights, title = paths.initial / WEIGHTS, TASKS[this.task].title
    return model_card(
        f"M3AE, fine-tuned: {title}",
        open_manifest(paths.shards)["synthetic"],
        this.code,
        [validation_result(this.task, best)] if len(splits["validation"]) else None,
        PIPELINE_TAG if TASKS[this.task].kind == "answer" else None,
        task={"name": this.task, "title": title, "kind": TASKS[this.task].kind},
        licences_of_the_training_rows=dict(sorted(Counter(splits["train"].column("licence").to_pylist()).items())),
        start={"digest of the weights that it started from": name_of_file(weights) if weights.is_file() else "none: from scratch"},
        data={"digest of the shards' manifest": name_of_file(paths.shards / MANIFEST)},
        chosen={"epoch": best.epoch, "validation score": best.validation},
        parameters={"seed": this.seed, **this.params.model_dump(mode="json")},
    )


def validation_result(task: TaskName, best: Best) -> EvalResult:
    """Return the score that chose the epoch, for the card's model index."""
    return EvalResult(
        task_type=PIPELINE_TAG if TASKS[task].kind == "answer" else TASKS[task].kind,
        dataset_type=TASKS[task].release,
        dataset_name=TASKS[task].title,
        dataset_split="validation",
        metric_type="accuracy",
        metric_name="validation score, percent",
        metric_value=round(best.validation, 4),
    )


def write_absent(this: Run, paths: FinetunePaths) -> None:
    absent: dict[str, Any] = {"found": False, "task": this.task, "seed": this.seed}
    write_json(paths.out / "absent.json", absent)
    write_json(paths.metrics, absent)
    write_curve(paths.curve, [])


def write_curve(path: Path, epochs: Sequence[Epoch]) -> None:
    """Write a CSV line an epoch; the head alone where nothing was trained."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pl.DataFrame(epochs, schema=Epoch.__annotations__, orient="row").write_csv(path, float_precision=6)
