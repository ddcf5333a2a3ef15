"""A finished run, made up: what every earlier stage leaves behind, with one release and one task absent."""

from itertools import product
from pathlib import Path

import numpy as np
import polars
import pyarrow as pa
import pytest
from PIL import Image

from m3ae.disk.json import write_json
from m3ae.evaluate.predictions import judged
from m3ae.evaluate.ranking import pair
from m3ae.report import examples
from m3ae.report.inputs import Inputs
from m3ae.report.measured import Asked

PARAMS = {
    "mask_ratio": 0.75,
    "objectives": {"mlm": 1.0, "mim": 0.5},
    "releases": "data/releases",
    "pretrained": "data/pretrain",
    "pretrain_releases": ["roco", "medicat"],
    "tasks": ["vqa_rad", "slake", "vqa_med_2019", "roco_retrieval"],
    "seeds": [0, 1],
    "protocol": "strict",
    "answers": "by_protocol",
    "drop_leaks": False,
    "scales/demo.yaml": {"phantom": {"roco": {"train": 24, "test": 10}}, "pretrain": {"steps": 400}},
}
QUESTIONS = ("is there a nodule?", "which side?", "what modality is this?", "is the heart <b>large</b>?")


def answers_run(task: str, seed: int, pretrained: float, scratch: float) -> dict:
    return {
        "found": True,
        "synthetic": True,
        "task": task,
        "seed": seed,
        "test_rows": 400,
        "answers": 60,
        "pretrained": {"overall": pretrained, "open": pretrained - 6, "closed": pretrained + 4},
        "scratch": {"overall": scratch, "open": scratch - 8, "closed": scratch + 5},
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
        "test_rows": 256,
        "pretrained": {"text_to_image": recalls(12.0), "image_to_text": recalls(11.0)},
        "scratch": {"text_to_image": recalls(2.0), "image_to_text": recalls(1.0)},
        "chance": {"r1": 0.390625, "r5": 1.953125, "r10": 3.90625},
    }


def write_metrics(metrics: Path) -> None:
    for task, scores in {"vqa_rad": ((70.0, 60.0), (74.0, 61.0)), "slake": ((80.0, 72.0), (81.0, 70.0))}.items():
        for seed, (pretrained, scratch) in enumerate(scores):
            write_json(metrics / "evaluate" / f"{task}-{seed}.json", answers_run(task, seed, pretrained, scratch))
    for seed in (0, 1):
        write_json(metrics / "evaluate" / f"vqa_med_2019-{seed}.json", {"found": False, "task": "vqa_med_2019", "seed": seed})
    write_json(metrics / "evaluate" / "roco_retrieval-0.json", retrieval_run(0))
    write_json(
        metrics / "zero_shot.json",
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


def write_predictions(path: Path, wrong_each: int = 3) -> None:
    """20 questions about 5 images; the surer ones come first, every third, or `wrong_each`th, is answered wrongly."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [
        {
            "id": f"q{n}",
            "image_id": f"image{n % 5}",
            "texts": [QUESTIONS[n % 4]],
            "answers": ["left"],
            "answer_kind": ("open", "closed")[n % 2],
        }
        for n in range(20)
    ]
    guesses = [[("left" if n % wrong_each else "right", 0.99 - n / 100), ("both", 0.01)] for n in range(20)]
    polars.DataFrame([judged(row, guess) for row, guess in zip(rows, guesses, strict=True)]).write_parquet(path)


def write_ranks(path: Path) -> None:
    """8 pairs; every image likes the first text best."""
    path.parent.mkdir(parents=True)
    texts = [f"chest film number {n}" for n in range(8)]
    rows = [{"id": f"pair{n}", "image_id": f"image{n}", "texts": [text]} for n, text in enumerate(texts)]
    scores = np.arange(8.0, 0, -1)
    polars.DataFrame([pair(row, texts, scores, n, n // 2) for n, row in enumerate(rows)]).write_parquet(path)


def write_visualised(folder: Path) -> None:
    """Two strips a mask ratio, and a question of VQA-RAD whose words look at opposite corners of 2 x 2 patches."""
    write_json(
        folder / "reconstructions" / "measured.json",
        {"num_images": 50, "shown": ["a", "b"], "rows": [{"mask_ratio": 0.75, "loss": 0.6871, "ssim": 0.4414}]},
    )
    for name in ("original", "seen-75", "reconstructed-75"):
        Image.new("RGBA", (68, 32)).save(folder / "reconstructions" / f"{name}.png")
    words = [{"word": "which", "weights": [[0.7, 0.1], [0.1, 0.1]]}, {"word": "side", "weights": [[0.1, 0.1], [0.2, 0.6]]}]
    row = {"id": "q1", "image_id": "image1", "text": "which side?", "words": words}
    write_json(folder / "attention.json", {"vqa_rad": [row]})


class FakeShards:
    """Five grey images and three coloured ones, as `open_split` would show them."""

    def __init__(self, folder: Path, split: str):
        assert split in ("train", "test")

    def __len__(self) -> int:
        return 8

    def row(self, place: int) -> dict:
        return {"image_id": f"image{place}", "licence": "CC BY 4.0" if place == 0 else ""}

    def column(self, name: str) -> pa.ChunkedArray:
        return pa.chunked_array([[self.row(place)[name] for place in range(len(self))]])

    def pixels(self, place: int) -> np.ndarray:
        down, across = np.mgrid[0:96, 0:128]
        grey = (127 + 120 * np.sin((place + 1) * down / 30) * np.cos(across / 25)).astype(np.uint8)[..., None]
        return grey if place < 5 else np.concatenate([grey, grey // 2, grey // 3], axis=2)


@pytest.fixture
def params() -> dict:
    return dict(PARAMS)


@pytest.fixture
def asked() -> Asked:
    return Asked(tuple(PARAMS["tasks"]), tuple(PARAMS["seeds"]), PARAMS["releases"])


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Inputs:
    """Where the made-up run lies: two seeds; VQA-Med-2019 not found, MELINDA not asked for, retrieval's second seed missing."""
    inputs = Inputs(tmp_path / "data")
    write_metrics(inputs.data / "metrics")
    write_curves(inputs.data / "plots")
    for task, seed in product(("vqa_rad", "slake"), (0, 1)):
        write_predictions(inputs.predictions(task, seed))
        write_predictions(inputs.predictions(task, seed, "scratch"), wrong_each=2)
    for path in (inputs.predictions("roco_retrieval", 0), inputs.zero_shot_predictions()):
        write_ranks(path)
    for task in ("vqa_rad", "slake", "roco_retrieval"):
        inputs.shards(task).mkdir(parents=True)
        (inputs.shards(task) / "test-00000.arrow").touch()
    write_visualised(inputs.data / "visualised")
    monkeypatch.setattr(examples, "open_split", FakeShards)
    return inputs


@pytest.fixture
def nothing(tmp_path: Path) -> Inputs:
    """A run of which no stage has left anything."""
    return Inputs(tmp_path / "empty")
