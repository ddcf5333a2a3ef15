"""SLAKE's layout: train.json, validate.json, test.json and imgs/xmlabN/source.jpg, English and some Chinese."""

from pathlib import Path
from typing import Any

from m3ae.phantom.figure import Figure, plan_split
from m3ae.phantom.latent import Latent, generator
from m3ae.phantom.layouts.lines import write_json_array
from m3ae.phantom.params import PhantomParams
from m3ae.phantom.questions import Question, questions

NAME = "slake"
NUMBER = 4
FILES = {"train": "train.json", "validation": "validate.json", "test": "test.json"}
MODALITIES = {"xray": "X-Ray", "ct": "CT", "mr t1": "MRI", "mr t2": "MRI", "ultrasound": "Ultrasound"}
LOCATIONS = {"chest": "Lung", "brain": "Brain_Tissue", "abdomen": "Abdomen"}
CHINESE = {"xray": "X光", "ct": "CT", "mr t1": "核磁共振", "mr t2": "核磁共振", "ultrasound": "超声"}
TYPES = {
    "modality": "Modality",
    "plane": "Plane",
    "organ": "Organ",
    "abnormality": "Abnormality",
    "position": "Position",
    "side": "Position",
    "size": "Size",
    "count": "Quantity",
    "presence": "Abnormality",
    "device": "Abnormality",
}


def plan(params: PhantomParams, seed: int) -> list[Figure]:
    figures: list[Figure] = []
    for index, (split, num) in enumerate(params.slake.model_dump().items()):
        figures += plan_split(split, num, "imgs/xmlab{}/source.jpg", (seed, NUMBER, index), first=len(figures))
    return figures


def write_texts(folder: Path, figures: list[Figure], params: PhantomParams) -> None:
    number = 0
    for split, name in FILES.items():
        rows: list[dict[str, Any]] = []
        for figure in (figure for figure in figures if figure.split == split):
            asked = questions(figure.radiology, params.questions_per_image, generator(*figure.words, 1))
            rows += [row(figure, question) for question in asked] + [chinese_row(figure)] * (figure.words[-1] % 3 == 0)
        write_json_array(folder / name, [{**fields, "qid": number + index} for index, fields in enumerate(rows)])
        number += len(rows)


def row(figure: Figure, question: Question) -> dict[str, Any]:
    """Return one English row; Yes, No and open answers begin with a capital, as published."""
    return shared(figure.path, figure.radiology, question.topic) | {
        "question": question.words.capitalize(),
        "answer": question.answer.capitalize(),
        "q_lang": "en",
        "answer_type": "CLOSED" if question.closed else "OPEN",
    }


def chinese_row(figure: Figure) -> dict[str, Any]:
    return shared(figure.path, figure.radiology, "modality") | {
        "question": "这张图像是用什么方式拍摄的？",
        "answer": CHINESE[figure.radiology.modality],
        "q_lang": "zh",
        "answer_type": "OPEN",
    }


def shared(path: str, latent: Latent, topic: str) -> dict[str, Any]:
    name = path.removeprefix("imgs/")
    return {
        "img_id": int(name.split("/")[0].removeprefix("xmlab")),
        "img_name": name,
        "location": LOCATIONS[latent.region],
        "modality": MODALITIES[latent.modality],
        "content_type": TYPES[topic],
        "base_type": "vqa",
        "triple": ["vhead", "_", "_"],
    }
