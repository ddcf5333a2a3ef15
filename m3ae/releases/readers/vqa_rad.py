"""VQA-RAD: questions that clinicians asked about radiology images.

Citation: Lau et al., "A dataset of clinically generated visual questions and answers about radiology images", Scientific
Data 2018. Address: https://osf.io/89kps. Licence: CC0. Count: 3,064 + 451 questions on 315 images. Layout:

    trainset.json  testset.json  (valset.json)      or the single   VQA_RAD Dataset Public.json
    images/synpic*.jpg                              or              VQA_RAD Image Folder/

or another version of it, 1,793 + 451 questions, as the Hugging Face hub has it: flaviagiammarino/vqa-rad (see hub_questions.py).
In the single file the test rows are those whose `phrase_type` begins with "test". No validation split was published; the
M3AE authors' valset.json is a copy of the test file, so a validation row that repeats a test row's qid is dropped here.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

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

SINGLE_FILE = "VQA_RAD Dataset Public.json"
LICENCE = "CC0"
REPEATS_TEST = "validation row repeats a test row"


def read(folder: Path) -> Iterator[Record | Dropped]:
    """Yield every question: train, validation, test, each in its file's order."""
    if mirror_files(folder):
        yield from read_questions(folder, LICENCE)
        return
    paths = question_files(folder)
    images = required(folder, "images", "VQA_RAD Image Folder")
    rows = {split: list(questions(path, images, split)) for split, path in paths.items()}
    test_ids = {record.id for record in rows.get(Split.TEST, ())}
    for split in Split:
        for record in rows.get(split, ()):
            leaked = split is Split.VALIDATION and record.id in test_ids
            yield Dropped(record.id, split, within(record.image, folder), REPEATS_TEST) if leaked else record


def question_files(folder: Path) -> dict[Split, Path]:
    """Return the file that each split is read from; the single file stands for train and test."""
    paths = split_files(folder, "*set.json", "*.json")
    if Split.TRAIN in paths:
        return paths
    single = first_present(folder, SINGLE_FILE)
    if not single:
        names = ("trainset.json", SINGLE_FILE, "data/train-*.parquet")
        raise none_of(folder, names, "put VQA-RAD's questions beside its images")
    return {Split.TRAIN: single, Split.TEST: single}


def questions(path: Path, images: Path, split: Split) -> Iterator[Record]:
    for number, row in enumerate(json_rows(path), start=1):
        if path.name == SINGLE_FILE and is_test(row) != (split is Split.TEST):
            continue
        place = f"row {number}"
        name, question, kind, identifier = (text(row, key, path, place) for key in ("image_name", "question", "answer_type", "qid"))
        yield Record(
            id=identifier or place,
            split=split,
            image=images / name,
            image_id=Path(name).stem,
            texts=(question,),
            answers=alternatives(row, "answer", path, place),
            answer_kind=published_kind(kind, path, place),
            licence=LICENCE,
        )


def is_test(row: dict[str, Any]) -> bool:
    return str(row.get("phrase_type", "")).startswith("test")
