"""The writer of all six synthetic releases: every text, every image, every box, whole or not at all."""

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from m3ae.disk.folders import PARTIAL
from m3ae.phantom.figure import Figure, draw
from m3ae.phantom.layouts import medicat, melinda, roco, slake, vqa_med_2019, vqa_rad
from m3ae.phantom.layouts.lines import write_json_lines, write_lines
from m3ae.phantom.params import PhantomParams
from m3ae.workers import Workers

LAYOUTS = (roco, medicat, vqa_rad, slake, vqa_med_2019, melinda)
MARKER, NOTHING = "SYNTHETIC.md", "README.md"
NOT_DRAWN = ("Nothing is drawn here, for `releases` in params.yaml names another folder.",)
NOTICE = (
    "# Synthetic data",
    "",
    "Every image and every text in this folder was drawn by a program, m3ae/phantom, from a seed. No patient, no",
    "physician and no published release had a part in it; only the layout of the files is that of {}.",
    "It is for trying out the pipeline. Nothing measured on it says anything about medicine.",
    "",
    "`boxes.jsonl` holds a box for each finding, `latent.jsonl` the record that each image was drawn from.",
)


def write_releases(folder: Path, params: PhantomParams, seed: int, num_workers: int) -> None:
    """Fill `folder`, replacing what stood there, with the same bytes for the same parameters and seed.

    Everything is written before the first release takes its place: a run that fails or is killed leaves the old ones.
    """
    unfinished = folder / PARTIAL  # within: whoever clears the folder away clears it, too, after a killed run
    shutil.rmtree(unfinished, ignore_errors=True)
    with Workers(num_workers) as pool:
        for layout in LAYOUTS:
            write_release(unfinished / layout.NAME, layout, params, seed, pool if num_workers > 1 else None)
    clear(folder, but=unfinished)
    for release in list(unfinished.iterdir()):
        release.rename(folder / release.name)
    unfinished.rmdir()


def write_nothing(folder: Path) -> None:
    """Leave a note in `folder`, in place of what stood there: the releases are read elsewhere, and nobody wants synthetic ones."""
    folder.mkdir(parents=True, exist_ok=True)
    clear(folder)
    write_lines(folder / NOTHING, NOT_DRAWN)


def clear(folder: Path, but: Path | None = None) -> None:
    """Remove everything in `folder` but one; of a link the link alone."""
    for path in set(folder.iterdir()) - {but}:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def write_release(folder: Path, layout: ModuleType, params: PhantomParams, seed: int, pool: Workers | None) -> None:
    """Write one release with its marker, boxes and latent records."""
    figures = layout.plan(params, seed)
    for place in {(folder / figure.path).parent for figure in figures}:
        place.mkdir(parents=True, exist_ok=True)
    layout.write_texts(folder, figures, params)
    write_lines(folder / MARKER, (line.format(layout.NAME) for line in NOTICE))
    write_json_lines(folder / "latent.jsonl", latent_rows(figures))
    task = partial(draw, folder=folder, image_px=params.image_px)
    drawn = pool.map(task, figures, chunksize=16) if pool else map(task, figures)
    write_json_lines(folder / "boxes.jsonl", box_rows(figures, drawn))


def latent_rows(figures: list[Figure]) -> Iterator[dict[str, Any]]:
    for figure in figures:
        if figure.latent is not None:
            yield {"image": figure.path, "split": figure.split, "patient": figure.patient, **figure.latent.as_row()}


def box_rows(figures: list[Figure], drawn: Iterator[list[list[int]]]) -> Iterator[dict[str, Any]]:
    for figure, boxes in zip(figures, drawn, strict=True):
        for finding, box in zip(figure.latent.findings if figure.latent else (), boxes, strict=True):
            yield {"image": figure.path, "finding": finding.kind, "box": box}
