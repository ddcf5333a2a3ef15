"""MedICaT: figures of biomedical articles with captions and inline references.

Citation: Subramanian et al., "MedICaT: A Dataset of Medical Images, Captions, and Textual References", Findings of EMNLP 2020.
Address: https://github.com/allenai/medicat. Licence: research use, each figure under its article's (`oa_info.oa.license`).
Count: 217,060 figures. Layout (`release/` may be absent):

    release/s2_full_figures_oa_nonroco_combined_medical_top4_public.jsonl
    release/figures/{pdf_hash}_{fig_uri}

Only figures marked `radiology` are used; the others are yielded as dropped. No split was published: as its authors do, the
radiology figures are shuffled with seed 42 and the last 2,000 become validation and test, 1,000 each. A small
release shrinks in proportion: validation and test get a tenth each at most, and one figure each where there are three.
"""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from m3ae.releases.readers.published import DUPLICATE, Dropped, as_text, json_lines, malformed, required, text, texts_or_null, within
from m3ae.releases.record import Record, Split

FIGURES = "s2_full_figures_oa_nonroco_combined_medical_top4_public.jsonl"
SEED = 42
HELD_OUT = 1000  # figures in validation, and as many in test
NOT_RADIOLOGY = "not radiology"


def read(folder: Path) -> Iterator[Record | Dropped]:
    """Yield every figure in the file's order. The file is read twice: first to count what the split is drawn from."""
    path = required(folder, f"release/{FIGURES}", FIGURES)
    names = {figure_name(row, path, number) for number, row in json_lines(path) if is_radiology(row)}
    splits, seen = iter(split_figures(len(names))), set()
    for number, row in json_lines(path):
        name = figure_name(row, path, number)
        image = path.parent / "figures" / name
        if name in seen:  # it would get a split of its own, and stand in training and test at once
            yield Dropped(name, Split.TRAIN, within(image, folder), DUPLICATE)
        elif is_radiology(row):
            seen.add(name)
            yield Record(
                id=name,
                split=next(splits),
                image=image,
                image_id=name,
                texts=figure_texts(row, path, number),
                licence=licence(row, path, number),
            )
        else:
            yield Dropped(name, Split.TRAIN, within(image, folder), NOT_RADIOLOGY)


def split_figures(num_figures: int) -> list[Split]:
    """Return the split of each radiology figure, by its place among them."""
    held_out = min(HELD_OUT, max(1, num_figures // 10)) if num_figures >= 3 else 0
    order = list(range(num_figures))
    random.Random(SEED).shuffle(order)
    splits = [Split.TRAIN] * num_figures
    for place, figure in enumerate(reversed(order[num_figures - 2 * held_out :])):
        splits[figure] = Split.TEST if place < held_out else Split.VALIDATION
    return splits


def is_radiology(row: dict[str, Any]) -> bool:
    return row.get("radiology") is True


def figure_name(row: dict[str, Any], path: Path, number: int) -> str:
    return "_".join(text(row, key, path, f"line {number}") for key in ("pdf_hash", "fig_uri"))


def figure_texts(row: dict[str, Any], path: Path, number: int) -> tuple[str, ...]:
    """Return the caption ("" where there is none), then the inline references, which may be null."""
    caption = row.get("s2_caption") or row.get("s2orc_caption") or ""
    if not isinstance(caption, str):
        raise malformed(path, number, "the caption is no text")
    return (caption, *texts_or_null(row, "s2orc_references", path, f"line {number}"))


def licence(row: dict[str, Any], path: Path, number: int) -> str:
    """Return `oa_info.oa.license`; "" where any part of it is null or absent."""
    access: Any = row
    for key in ("oa_info", "oa"):
        access = access.get(key) or {}
        if not isinstance(access, dict):
            raise malformed(path, number, f"{key!r} is no object")
    return as_text(access.get("license"), "license", path, f"line {number}")
