"""SLAKE: questions about radiology images, in English and in Chinese.

Citation: Liu et al., "SLAKE: A Semantically-Labeled Knowledge-Enhanced Dataset for Medical Visual Question Answering", ISBI 2021.
Address: https://www.med-vqa.com/slake. Licence: CC BY 4.0. Count: 4,919 / 1,053 / 1,061 English of 9,835 / 2,099 / 2,094. Layout:

    train.json  validate.json (or validation.json)  test.json
    imgs/xmlabN/source.jpg

or the English questions as the Hugging Face hub has them, mdwiratathya/SLAKE-vqa-english (see hub_questions.py).
Questions in languages that are not chosen are yielded as dropped; the paper's are English.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from m3ae.releases.readers.hub_questions import read_questions
from m3ae.releases.readers.mirror import mirror_files
from m3ae.releases.readers.published import (
    Dropped,
    alternatives,
    first_present,
    json_rows,
    none_of,
    published_kind,
    required,
    split_files,
    text,
    within,
)
from m3ae.releases.record import Record, Split

Language = Literal["en", "zh"]
NOT_CHOSEN = "language not chosen"
LICENCE = "CC BY 4.0"


def read(folder: Path, languages: tuple[Language, ...] = ("en",)) -> Iterator[Record | Dropped]:
    """Yield every question: train, validation, test, each in its file's order."""
    if mirror_files(folder):
        yield from read_questions(folder, LICENCE)
        return
    root = first_present(folder, "Slake1.0", "Slake") or folder
    paths = split_files(root, "*.json")
    if not paths:
        raise none_of(root, ("train.json", "validate.json", "test.json", "data/train-*.parquet"), "put SLAKE's files beside its imgs")
    images = required(root, "imgs", "images")
    for split, path in paths.items():
        yield from questions(folder, split, path, images, languages)


def questions(release: Path, split: Split, path: Path, images: Path, languages: tuple[Language, ...]) -> Iterator[Record | Dropped]:
    for number, row in enumerate(json_rows(path), start=1):
        place = f"row {number}"
        keys = ("img_name", "question", "answer_type", "qid", "q_lang")
        name, question, kind, identifier, language = (text(row, key, path, place) for key in keys)
        identifier = identifier or place
        if language not in languages:
            yield Dropped(identifier, split, within(images / name, release), NOT_CHOSEN)
            continue
        yield Record(
            id=identifier,
            split=split,
            image=images / name,
            image_id=name,
            texts=(question,),
            answers=alternatives(row, "answer", path, place),
            answer_kind=published_kind(kind, path, place),
            licence=LICENCE,
        )
