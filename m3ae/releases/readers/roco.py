"""ROCO: radiology figures of open-access articles with their captions.

Citation: Pelka et al., "Radiology Objects in COntext (ROCO)", MICCAI LABELS 2018. Address: https://github.com/razorx89/roco-dataset.
Licence: each figure under its article's, named in licences.txt. Count: 65,448 / 8,180 / 8,179 radiology figures as listed.
Layout (`data/` may be absent, Kaggle calls it `all_data/`, `val` may stand for `validation`; `non-radiology` is not read, as in the paper):

    data/{train,validation,test}/radiology/captions.txt      ID<TAB> caption
                                           traindata.csv     or, at Kaggle, {train,val,test}data.csv: id,name,caption;
                                                             a folder up it is called radiology{train,val,test}data.csv
                                           dlinks.txt        ID<TAB>wget ... PMCn.tar.gz ...<TAB>file.jpg
                                           licences.txt      ROCO_ID,PMC_ID,CC
                                           images/ID.jpg     or, in older checkouts and at Kaggle, PMCn_file.jpg

or the Parquet mirror of the Hugging Face hub (see mirror.py).

A figure's texts are its caption and then its inline references (see roco_references.py). Held in memory: a few short
strings a figure, no image.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from m3ae.releases.readers.mirror import mirror_files, read_mirror
from m3ae.releases.readers.published import SPELLINGS, Dropped, csv_rows, first_present, keyed, malformed, none_of
from m3ae.releases.readers.roco_references import read_references, reference_files
from m3ae.releases.record import Record, Split

ARCHIVE = re.compile(r"(?<!\w)(\w+)\.tar\.gz")  # from a word's start alone: tried at each of its letters, a long word takes hours
SWALLOWED = re.compile(r"ROCO_\d+\t|\tROCO_\d+")  # the next figure's line, after a line feed was lost


def read(folder: Path) -> Iterator[Record | Dropped]:
    """Yield every radiology figure of each split that is there. Raises `ReleaseError` where a line is malformed or no split is there."""
    if mirror_files(folder):
        yield from read_mirror(folder, licence="")
        return
    root = first_present(folder, "data", "roco-dataset/data", "roco-dataset", "all_data") or folder
    places = {split: captions_file(root, split) for split in SPELLINGS}
    if not any(places.values()):
        names = [f"{{train,validation,test}}/{name}" for name in ("radiology/captions.txt", "radiology/*data.csv", "radiology*data.csv")]
        raise none_of(root, [*names, "train-*.parquet"], "unpack the ROCO release into this folder")
    references = reference_files(folder)
    for split, captions in places.items():
        if captions:
            yield from read_split(split, captions, read_references(references[split]) if split in references else {})


def captions_file(root: Path, split: Split) -> Path | None:
    """Return the file of the split's captions: the repository's, or Kaggle's table where that is all there is."""
    names = SPELLINGS[split]
    tables = (f"{folder}/radiology{place}{name}data.csv" for place in ("/", "") for folder in names for name in names)
    return first_present(root, *(f"{name}/radiology/captions.txt" for name in names), *tables)


def read_split(split: Split, captions: Path, references: dict[str, tuple[str, ...]]) -> Iterator[Record]:
    radiology = captions.parent if captions.parent.name == "radiology" else captions.parent / "radiology"
    figures, licences = read_links(radiology / "dlinks.txt"), read_licences(radiology / "licences.txt")
    for name, caption, figure in captioned(captions):
        figure = figure or figures.get(name, "")
        yield Record(
            id=name,
            split=split,
            image=image_path(radiology / "images", name, figure),
            image_id=name,
            texts=(caption.strip(), *references.get(figure, ())),
            licence=licences.get(name, ""),
        )


def captioned(path: Path) -> Iterator[tuple[str, str, str]]:
    """Yield (ID, caption, the figure's file as far as this file tells)."""
    if path.suffix == ".txt":
        yield from ((name, caption, "") for _, name, caption in figure_lines(path))
        return
    for number, (name, caption, figure) in csv_rows(path, "id", "caption", "name"):
        if not name.strip():
            raise malformed(path, number, "the id is blank")
        yield name.strip(), caption, figure


def figure_lines(path: Path) -> Iterator[tuple[int, str, str]]:
    """Yield (number, ID, rest) of lines `ID<TAB>rest`. Raises `ReleaseError` where a line holds another figure's line, too."""
    for number, name, rest in keyed(path):
        if found := SWALLOWED.search(rest):
            raise malformed(path, number, f"{found[0].strip()!r} stands beside a tab within the line; a line feed is lost")
        yield number, name, rest


def image_path(images: Path, name: str, figure: str) -> Path:
    """Return where the image lies; the first spelling where it lies nowhere."""
    newer, older = images / f"{name}.jpg", images / figure
    return older if figure and not os.path.isfile(newer) and os.path.isfile(older) else newer  # Path.is_file refuses overlong names


def read_links(path: Path) -> dict[str, str]:
    """Return ID -> `PMCid_filename`, the name under which MedICaT knows the figure. Empty where the file is absent."""
    if not path.exists():
        return {}
    figures = {}
    for number, name, rest in figure_lines(path):
        command, _, file = rest.rpartition("\t")
        archive = ARCHIVE.search(command)
        if not archive:
            raise malformed(path, number, "no .tar.gz and file are named")
        figures[name] = f"{archive[1]}_{file.strip()}"
    return figures


def read_licences(path: Path) -> dict[str, str]:
    """Return ID -> licence as published. Empty where the file is absent."""
    if not path.exists():
        return {}
    return {name.strip(): licence.strip() for _, (name, licence) in csv_rows(path, "ROCO_ID", "CC")}
