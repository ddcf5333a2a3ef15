"""The fine-tuning stage's parts put together: one task's shards and a model folder in, models, predictions and metrics out."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import torch.distributed as dist

from m3ae.card import model_card
from m3ae.digest import digest_of_file
from m3ae.jsonfile import write_json
from m3ae.model.folder import WEIGHTS, ModelConfig, load_config, load_weights, save_model
from m3ae.retrieval.task import RetrievalTask
from m3ae.shards import open_manifest, open_split
from m3ae.tasks import TASKS, TaskName
from m3ae.tokenizer import Tokenizer
from m3ae.training.finetuning import Downstream, Result, finetune
from m3ae.training.labelling import Labelling
from m3ae.training.launch import is_first
from m3ae.training.params import DeepSpeedParams, FinetuneParams

SPLITS = ("train", "validation", "test")


class DownstreamPaths(NamedTuple):
    shards: Path
    pretrained: Path
    out: Path
    metrics: Path


def run(name: TaskName, seed: int, params: FinetuneParams, deepspeed: DeepSpeedParams, paths: DownstreamPaths) -> None:
    """Fine-tune twice, with pre-training and without, or say that the task's release was not found."""
    manifest = open_manifest(paths.shards)
    if not manifest["found"]:
        if is_first():
            write_absent(name, seed, paths)
        return
    config = load_config(paths.pretrained).at(params.image_px)
    task = open_task(name, params, paths)
    results = {
        "pretrained": finetune(task, config, params, deepspeed, seed, load_weights(paths.pretrained)),
        "scratch": finetune(task, config, params, deepspeed, seed, None),
    }
    if is_first():
        about = card(name, seed, params, paths, results["pretrained"])
        write(task, config, results["pretrained"], paths, about)
        write_json(paths.metrics, {
            "found": True, "synthetic": manifest["synthetic"], "task": name, "seed": seed,
            "sizes": {split: len(shards) for split, shards in task.splits.items()}, **task.details(), **task.baseline(),
            **{start: result.figures() for start, result in results.items()},
        })  # fmt: skip
    dist.barrier()


def open_task(name: TaskName, params: FinetuneParams, paths: DownstreamPaths) -> Downstream:
    """Raises SystemExit where the train or test split is empty."""
    splits = {split: open_split(paths.shards, split) for split in SPLITS}
    for split in ("train", "test"):
        if not len(splits[split]):
            dropped = f"data/metrics/prepare/{TASKS[name].release}.json"
            raise SystemExit(f"{paths.shards}: {name} has no {split} rows; see {dropped} for what was dropped")
    tokenizer = Tokenizer.load(paths.pretrained)
    if TASKS[name].kind == "retrieve":
        return RetrievalTask(splits, tokenizer, params)
    answers = json.loads((paths.shards / "answers.json").read_text())
    return Labelling(TASKS[name].kind, splits, answers, tokenizer, params)


def card(name: TaskName, seed: int, params: FinetuneParams, paths: DownstreamPaths, result: Result) -> str:
    start = {"digest of the weights that it started from": digest_of_file(paths.pretrained / WEIGHTS)}
    data = {"digest of the shards' manifest": digest_of_file(paths.shards / "manifest.json")}
    return model_card(f"M3AE, fine-tuned: {name}", open_manifest(paths.shards)["synthetic"], start=start, data=data,
                      scores=result.figures(), parameters={"seed": seed, **params.model_dump(mode="json")})  # fmt: skip


def write(task: Downstream, config: ModelConfig, result: Result, paths: DownstreamPaths, about: str) -> None:
    trained = config.model_copy(update={"objectives": (task.name,), "num_labels": task.num_labels})
    save_model(paths.out, trained, result.best.weights, paths.pretrained, about)
    task.write(paths.out, result.predictions)


def write_absent(name: TaskName, seed: int, paths: DownstreamPaths) -> None:
    absent: dict[str, Any] = {"found": False, "task": name, "seed": seed}
    paths.out.mkdir(parents=True, exist_ok=True)
    write_json(paths.out / "absent.json", absent)
    write_json(paths.metrics, absent)
