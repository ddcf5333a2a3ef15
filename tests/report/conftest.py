"""A finished run, made up: what every earlier stage leaves behind, with one release and one task absent."""

import json
from dataclasses import fields
from pathlib import Path

import numpy as np
import polars
import pytest
from PIL import Image

from m3ae.report import examples
from m3ae.report.measured import Asked
from m3ae.report.page import Inputs

PARAMS = {
    "scale": "demo",
    "seed": 1,
    "seeds": (0, 1),
    "releases": "data/releases",
    "pretrained": "data/pretrain",
    "pretrain_releases": ("roco", "medicat"),
    "answers": "all",
    "licences": (),
    "languages": ("en",),
    "melinda_label": "p_meth_label",
    "drop_leaks": False,
    "tasks": ("vqa_rad", "slake", "vqa_med_2019", "roco_retrieval"),
    "mask_ratio": 0.75,
    "text_mask_ratio": 0.15,
    "mim_layer": 3,
    "mlm_layer": -1,
    "mim_decoder": "transformer",
    "mlm_decoder": "mlp",
    "objectives": {"mlm": 1.0, "mim": 0.5},
    "views": "shared",
    "negatives": "batch",
    "words": "whole",
}
QUESTIONS = ("is there a nodule?", "which side?", "what modality is this?", "is the heart <b>large</b>?")


def write_json(path: Path, content: dict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n")


def answers_run(task: str, seed: int, pretrained: float, scratch: float) -> dict:
    return {
        "found": True,
        "synthetic": True,
        "task": task,
        "seed": seed,
        "answers": 60,
        "sizes": {"train": 900, "validation": 100, "test": 400},
        "pretrained": {"epoch": 3, "validation": 71.0, "test": {"overall": pretrained, "open": pretrained - 6, "closed": pretrained + 4}},
        "scratch": {"epoch": 5, "validation": 60.0, "test": {"overall": scratch, "open": scratch - 8, "closed": scratch + 5}},
        "majority": {"overall": 31.25, "open": 12.0, "closed": 50.0},
    }


def recalls(r1: float) -> dict:
    return {"r1": r1, "r5": r1 * 3, "r10": r1 * 4}


def retrieval_run(seed: int) -> dict:
    return {
        "found": True,
        "synthetic": True,
        "task": "roco_retrieval",
        "seed": seed,
        "sizes": {"train": 900, "validation": 100, "test": 256},
        "pretrained": {"epoch": 2, "validation": 20.0, "test": {"text_to_image": recalls(12.0), "image_to_text": recalls(11.0)}},
        "scratch": {"epoch": 2, "validation": 2.0, "test": {"text_to_image": recalls(2.0), "image_to_text": recalls(1.0)}},
        "chance": {"r1": 0.390625, "r5": 1.953125, "r10": 3.90625},
    }


def write_metrics(metrics: Path) -> None:
    for task, scores in {"vqa_rad": ((70.0, 60.0), (74.0, 61.0)), "slake": ((80.0, 72.0), (81.0, 70.0))}.items():
        for seed, (pretrained, scratch) in enumerate(scores):
            write_json(metrics / "finetune" / f"{task}-{seed}.json", answers_run(task, seed, pretrained, scratch))
    for seed in (0, 1):
        write_json(metrics / "finetune" / f"vqa_med_2019-{seed}.json", {"found": False, "task": "vqa_med_2019", "seed": seed})
    write_json(metrics / "finetune" / "roco_retrieval-0.json", retrieval_run(0))
    write_json(
        metrics / "retrieve.json",
        {
            "found": True,
            "synthetic": True,
            "pairs": 256,
            "distinct_texts": 250,
            "text_to_image": recalls(6.25),
            "image_to_text": recalls(5.0),
            "chance": {"text_to_image": recalls(0.390625), "image_to_text": recalls(0.4)},
        },
    )
    write_json(
        metrics / "pretrain.json",
        {
            "steps": 400,
            "parameters": 4_321_000,
            "synthetic": True,
            "pairs": {"train": 5000, "validation": 300},
            "mlm": {"loss": 1.2, "accuracy": 0.66, "accuracy_shuffled_image": 0.525},
            "mim": {"loss": 0.72, "loss_predicting_zero": 0.96},
            "itm": {"loss": 0.31, "accuracy": 0.87},
        },
    )
    found = {"vqa_rad": {"test": {"same": 7, "near": 1}, "train": {"same": 9}}}
    write_json(
        metrics / "leaks.json",
        {
            "images": {"in_pretraining": found, "inside_the_task": {"vqa_rad": {"test": {"same": 184}}}},
            "texts": {"in_pretraining": {}, "inside_the_task": {"vqa_rad": {"test": 13}}},
        },
    )
    counts = {"read": 1010, "kept": 1000, "dropped": {"text_too_short": 7, "unreadable": 3}, "found": True, "synthetic": True}
    splits = {"test": {"read": 101, "kept": 100}, "train": {"read": 808, "kept": 800}, "validation": {"read": 101, "kept": 100}}
    for release, answers in {"roco": {}, "medicat": {}, "vqa_rad": {"answers": 61}, "slake": {"answers": 50}}.items():
        write_json(metrics / "prepare" / f"{release}.json", counts | {"splits": splits} | answers)
    absent = {"found": False, "synthetic": False, "read": 0, "kept": 0, "dropped": {}, "splits": {}}
    write_json(metrics / "prepare" / "vqa_med_2019.json", absent)


def write_curves(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    steps = np.arange(1, 401)
    noise = np.random.default_rng(0).normal(0, 0.12, (3, 400))
    mlm = 1.2 + 5 * np.exp(-steps / 90) + noise[0]
    mim = 0.72 + 0.4 * np.exp(-steps / 60) + noise[1] / 6
    itm = 0.31 + 0.4 * np.exp(-steps / 150) + noise[2] / 2
    table = {"step": steps, "total": mlm + mim + itm, "mlm": mlm, "mim": mim, "itm": itm, "learning_rate": 1e-4 * np.ones(400)}
    polars.DataFrame(table).write_csv(folder / "pretrain.csv")
    # without matching: an objective may lack its columns
    checks = {"step": [100, 200, 300, 400], "mlm_loss": [2.9, 1.8, 1.4, 1.2], "mim_loss": [0.8, 0.75, 0.73, 0.72]}
    polars.DataFrame(checks).write_csv(folder / "validation.csv")


def write_predictions(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    rows = [
        {
            "id": f"q{n}",
            "image_id": f"image{n % 5}",
            "question": QUESTIONS[n % 4],
            "answers": ["left"],
            "answer_kind": ("open", "closed")[n % 2],
            "prediction": "left" if n % 3 else "right",
            "probability": 0.99 - n / 100,
            "score": float(n % 3 > 0),
        }
        for n in range(20)
    ]
    polars.DataFrame(rows).write_parquet(folder / "predictions.parquet")


def write_ranks(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    rows = [
        {
            "image_id": f"image{n}",
            "text": f"chest film number {n}",
            "rank_of_image_text": n,
            "rank_of_text_image": n // 2,
            "best_text": "chest film number 0",
        }
        for n in range(8)
    ]
    polars.DataFrame(rows).write_parquet(folder / "ranks.parquet")


class FakeShards:
    """Five grey images and three coloured ones, as `m3ae.shards.shards` would show them."""

    def __init__(self, folder: Path, split: str):
        assert split == "test"

    def __len__(self) -> int:
        return 8

    def row(self, place: int) -> dict:
        return {"image_id": f"image{place}", "licence": "CC BY 4.0" if place == 0 else ""}

    def pixels(self, place: int) -> np.ndarray:
        down, across = np.mgrid[0:96, 0:128]
        grey = (127 + 120 * np.sin((place + 1) * down / 30) * np.cos(across / 25)).astype(np.uint8)[..., None]
        return grey if place < 5 else np.concatenate([grey, grey // 2, grey // 3], axis=2)


@pytest.fixture
def params() -> dict:
    return dict(PARAMS)


@pytest.fixture
def asked() -> Asked:
    return Asked(PARAMS["tasks"], PARAMS["seeds"], PARAMS["releases"])


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Inputs:
    """Where the made-up run lies: two seeds; VQA-Med-2019 not found, MELINDA not asked for, retrieval's second seed missing."""
    data = tmp_path / "data"
    write_metrics(data / "metrics")
    write_curves(data / "plots")
    for task in ("vqa_rad", "slake"):
        write_predictions(data / "finetune" / f"{task}-0")
    for folder in (data / "finetune" / "roco_retrieval-0", data / "retrieve"):
        write_ranks(folder)
    for task in ("vqa_rad", "slake", "roco_retrieval"):
        (data / "shards" / task).mkdir(parents=True)
        (data / "shards" / task / "test-00000.arrow").touch()
    Image.fromarray(np.tile(np.arange(192, dtype=np.uint8), (72, 2))).save(data / "reconstructions.png")
    monkeypatch.setattr(examples, "open_split", FakeShards)
    return Inputs(
        data / "metrics",
        data / "plots" / "pretrain.csv",
        data / "plots" / "validation.csv",
        data / "reconstructions.png",
        data / "plots" / "leaks.png",
        data / "finetune",
        data / "retrieve",
        data / "shards",
    )


@pytest.fixture
def nothing(tmp_path: Path) -> Inputs:
    """A run of which no stage has left anything."""
    return Inputs(*[tmp_path / "empty"] * len(fields(Inputs)))
