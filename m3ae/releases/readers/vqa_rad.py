"""VQA-RAD: questions that clinicians asked about radiology images.

Citation: Lau et al., "A dataset of clinically generated visual questions and answers about radiology images", Scientific
Data 2018. Address: https://osf.io/89kps. Licence: CC0. Count: 3,064 + 451 questions on 315 images. Layout:

    trainset.json  testset.json  (valset.json)      or the single   VQA_RAD Dataset Public.json
    images/synpic*.jpg                              or              VQA_RAD Image Folder/

In the single file the test rows are those whose `phrase_type` begins with "test". No validation split was published; the
M3AE authors' valset.json is a copy of the test file, so a validation row that repeats a test row's qid is dropped here.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from m3ae.releases.readers.published import Dropped, ReleaseError, alternatives, first_present, json_rows, required, text, within
from m3ae.releases.record import Record, Split

FILES = {
    Split.TRAIN: ("trainset.json", "train.json"),
    Split.VALIDATION: ("valset.json", "val.json", "validation.json"),
    Split.TEST: ("testset.json", "test.json"),
}
SINGLE_FILE = "VQA_RAD Dataset Public.json"
REPEATS_TEST = "validation row repeats a test row"


def read(folder: Path) -> Iterator[Record | Dropped]:
    """Yield every question: train, validation, test, each in its file's order."""
    images = required(folder, "images", "VQA_RAD Image Folder")
    rows = {split: list(questions(path, images, split)) for split, path in split_files(folder).items()}
    test_ids = {record.id for record in rows.get(Split.TEST, ())}
    for split in Split:
        for record in rows.get(split, ()):
            leaked = split is Split.VALIDATION and record.id in test_ids
            yield Dropped(record.id, split, within(record.image, folder), REPEATS_TEST) if leaked else record


def split_files(folder: Path) -> dict[Split, Path]:
    """Return the file that each split is read from; the single file stands for train and test."""
    paths = {split: first_present(folder, *names) for split, names in FILES.items()}
    if paths[Split.TRAIN]:
        return {split: path for split, path in paths.items() if path}
    single = folder / SINGLE_FILE
    if not single.is_file():
        raise ReleaseError(f"{folder}: neither trainset.json nor {SINGLE_FILE!r} is here; put VQA-RAD's questions beside its images")
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
            answer_kind=answer_kind(kind, path, number),
            licence="CC0",
        )


def is_test(row: dict[str, Any]) -> bool:
    return str(row.get("phrase_type", "")).startswith("test")


def answer_kind(kind: str, path: Path, number: int) -> str:
    """Return "open" or "closed" for a published "OPEN" or "CLOSED ". Raises `ReleaseError` where it is neither."""
    folded = kind.strip().lower()
    if folded not in ("open", "closed"):
        raise ReleaseError(f"{path}, row {number}: answer_type {kind!r} is neither OPEN nor CLOSED; correct the file")
    return folded
