"""MELINDA: figures of biomedical articles, classified by the experiment's method.

Citation: Wu et al., "MELINDA: A Multimodal Dataset for Biomedical Experiment Method Classification", AAAI 2021.
Address: https://github.com/PlusLabNLP/melinda; the data come from its authors on request, under their terms.
Count: 5,371 rows, several a figure (as its paper says; not checked here). Layout:

    train.csv  dev.csv  test.csv      columns figure_file, caption, i_meth, p_meth, i_meth_label, p_meth_label
    melinda_images/

The class is `p_meth_label` (7 classes), the paper's choice; `dev` is the validation split.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from m3ae.releases.readers.published import Dropped, csv_rows, malformed, none_of, required, split_files
from m3ae.releases.record import Record, Split

Label = Literal["p_meth_label", "i_meth_label", "p_meth", "i_meth"]


def read(folder: Path, label: Label = "p_meth_label") -> Iterator[Record | Dropped]:
    """Yield every row: train, validation, test, each in its file's order. A row without a label has a blank answer."""
    images = required(folder, "melinda_images", "images")
    paths = split_files(folder, "*.csv")
    if not paths:
        raise none_of(folder, ("train.csv", "dev.csv", "test.csv"), "put MELINDA's tables beside melinda_images")
    for split, path in paths.items():
        yield from rows(split, path, images, label)


def rows(split: Split, path: Path, images: Path, label: Label) -> Iterator[Record]:
    for number, (line, (figure, caption, name)) in enumerate(csv_rows(path, "figure_file", "caption", label), start=1):
        if not figure.strip():
            raise malformed(path, line, "figure_file is blank")
        yield Record(f"{split}-{number}", split, images / figure, image_id=figure, texts=(caption,), answers=(name,))
