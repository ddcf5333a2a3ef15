"""ROCOv2: ROCO once more, larger and with licences that allow sharing.

Citation: Rückert et al., "ROCOv2: Radiology Objects in COntext Version 2", Scientific Data 2024. Licence: CC BY-NC-SA.
Count: 59,958 / 9,904 / 9,927 figures. Layout:

    {train,valid,test}_captions.csv      ID,Caption
    {train,valid,test}_images/ID.jpg     or, as some archives unpack, {train,valid,test}_images/{train,valid,test}/ID.jpg
    *licen*.csv                          if there: ID and a column that names the licence

or the Parquet mirror of the Hugging Face hub (see mirror.py).
"""

import os
from collections.abc import Iterator
from pathlib import Path

from m3ae.releases.readers.mirror import mirror_files, read_mirror
from m3ae.releases.readers.published import csv_header, csv_rows, malformed, none_of
from m3ae.releases.record import Record, Split

NAMES = {Split.TRAIN: "train", Split.VALIDATION: "valid", Split.TEST: "test"}
LICENCE = "CC BY-NC-SA"


def read(folder: Path) -> Iterator[Record]:
    """Yield every figure: train, validation, test, each in its file's order."""
    if mirror_files(folder):
        yield from read_mirror(folder, LICENCE)
        return
    paths = {split: folder / f"{name}_captions.csv" for split, name in NAMES.items()}
    if not any(path.is_file() for path in paths.values()):
        names = ("train_captions.csv", "valid_captions.csv", "test_captions.csv", "data/train-*.parquet")
        raise none_of(folder, names, "unpack ROCOv2 into this folder")
    licences = read_licences(folder)
    for split, path in paths.items():
        if path.is_file():
            yield from read_split(folder, split, path, licences)


def read_split(folder: Path, split: Split, path: Path, licences: dict[str, str]) -> Iterator[Record]:
    for number, (name, caption) in csv_rows(path, "ID", "Caption"):
        if not (name := name.strip()):
            raise malformed(path, number, "the ID is blank")
        image = image_path(folder, NAMES[split], name)
        yield Record(id=name, split=split, image=image, image_id=name, texts=(caption,), licence=licences.get(name, LICENCE))


def image_path(folder: Path, name: str, figure: str) -> Path:
    """Return where the image lies; the first spelling where it lies nowhere."""
    plain, nested = folder / f"{name}_images" / f"{figure}.jpg", folder / f"{name}_images" / name / f"{figure}.jpg"
    return nested if os.path.isfile(nested) and not os.path.isfile(plain) else plain  # Path.is_file refuses overlong names


def read_licences(folder: Path) -> dict[str, str]:
    """Return ID -> licence, from every table that has such a column. Empty where there is none."""
    return {
        name.strip(): licence.strip()
        for path in sorted(folder.glob("*licen*.csv"))
        for _, (name, licence) in csv_rows(path, "ID", licence_column(path))
    }


def licence_column(path: Path) -> str:
    """Return the column called "licence" or "license" or, without one, the only one whose name holds "licen".

    Raises `ReleaseError` where there is none or more than one.
    """
    named = [name for name in csv_header(path) if "licen" in name.lower()]
    exact = [name for name in named if name.lower() in ("licence", "license")]
    if not named:
        raise malformed(path, 1, "no column names the licence")
    if len(exact or named) > 1:
        raise malformed(path, 1, f"{' and '.join(exact or named)} may each name the licence; call one of them `license`")
    return (exact or named)[0]
