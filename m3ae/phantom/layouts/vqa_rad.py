"""VQA-RAD's layout: trainset.json, testset.json and images/synpicN.jpg, with the spellings that readers trip over."""

from pathlib import Path
from typing import Any

from m3ae.phantom.figure import Figure, plan_split
from m3ae.phantom.latent import generator
from m3ae.phantom.layouts.lines import write_json_array
from m3ae.phantom.params import PhantomParams
from m3ae.phantom.questions import Question, questions

NAME = "vqa_rad"
NUMBER = 3
ORGANS = {"brain": "HEAD", "chest": "CHEST", "abdomen": "ABD"}
TYPES = {
    "modality": "MODALITY",
    "plane": "PLANE",
    "organ": "ORGAN",
    "abnormality": "ABN",
    "position": "POS",
    "side": "POS",
    "size": "SIZE",
    "count": "COUNT",
    "presence": "PRES",
    "device": "PRES, ABN",  # comma-joined types occur in the published files
}
PHRASES = ("freeform", "para", "frame")


def plan(params: PhantomParams, seed: int) -> list[Figure]:
    """Return the release's figures, one a patient, so that a validation split drawn from training shares no patient with it.

    No image is in both files, unlike in the published ones.
    """
    figures: list[Figure] = []
    for index, (split, num) in enumerate(params.vqa_rad.model_dump().items()):
        words, first = (seed, NUMBER, index), 10_000 + len(figures)
        figures += plan_split(split, num, "images/synpic{}.jpg", words, first, most_images=1)
    return figures


def write_texts(folder: Path, figures: list[Figure], params: PhantomParams) -> None:
    number = 1
    for split in ("train", "test"):
        rows = []
        for figure in (figure for figure in figures if figure.split == split):
            asked = questions(figure.radiology, params.questions_per_image, generator(*figure.words, 1))
            rows += [row(figure, question, number + index, split) for index, question in enumerate(asked)]
            number += len(asked)
        write_json_array(folder / f"{split}set.json", rows)


def row(figure: Figure, question: Question, number: int, split: str) -> dict[str, Any]:
    """Return one row as published: counts are integers, now and then a type or a question ends in a blank."""
    kind = "CLOSED" if question.closed else "OPEN"
    phrase = PHRASES[number % 3]
    return {
        "qid": number,
        "image_name": Path(figure.path).name,
        "image_organ": ORGANS[figure.radiology.region],
        "answer": spelt(question),
        "answer_type": f"{kind} " if number % 50 == 0 else kind,
        "question_type": TYPES[question.topic],
        "question": question.words.capitalize() + (" " if number % 30 == 0 else ""),
        "phrase_type": f"test_{phrase}" if split == "test" and phrase != "frame" else phrase,
    }


def spelt(question: Question) -> str | int:
    """Return the answer as published: yes and no with a capital, counts as numbers."""
    if question.answer.isdigit():
        return int(question.answer)
    return question.answer.capitalize() if question.closed else question.answer
