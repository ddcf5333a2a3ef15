"""Tiny model folders that answer, retrieve or were pre-trained, as the pipeline writes them."""

from pathlib import Path

import numpy as np
from PIL import Image

from m3ae.batches.tokenizer import train
from m3ae.hub import carry_code
from m3ae.model.config import ModelConfig
from m3ae.model.folder import save_model
from m3ae.objectives.saved import saved_learner

LABELS = ("yes", "no", "left lung")
TEXTS = ["a mass in the left lung", "no lesion", "is there an effusion", "where is it"]


def write_model(folder: Path, config: ModelConfig, **changes: object) -> Path:
    """Write a newly drawn model with its tokenizer and its code into `folder`."""
    words = train(TEXTS, 300)
    words.save_pretrained(folder.with_name("words"))
    config = config.model_copy(update={"vocabulary": len(words), **changes})
    save_model(folder, config, saved_learner(config).state_dict(), folder.with_name("words"), "# A card")
    carry_code(folder)
    return folder


def write_answering(folder: Path, config: ModelConfig) -> Path:
    names = {"num_labels": len(LABELS), "id2label": dict(enumerate(LABELS))}
    return write_model(folder, config, objectives=("answer",), task="vqa_rad", task_title="VQA-RAD", **names)


def write_retrieving(folder: Path, config: ModelConfig) -> Path:
    return write_model(folder, config, objectives=("retrieval",), task="roco_retrieval", task_title="ROCO retrieval")


def write_images(folder: Path, num: int) -> list[Path]:
    """Write different PNGs of 40 by 40 px."""
    folder.mkdir(parents=True)
    paths = [folder / f"{number}.png" for number in range(num)]
    for number, path in enumerate(paths):
        Image.fromarray(np.random.default_rng(number).integers(0, 255, (40, 40), np.uint8)).save(path)
    return paths
