"""MELINDA's layout: train.csv, dev.csv, test.csv and melinda_images/; its "methods" are how a phantom was imaged."""

from pathlib import Path

from numpy.random import Generator

from m3ae.phantom.figure import Figure, plan_split
from m3ae.phantom.language import extras, findings, sentence
from m3ae.phantom.latent import Latent, generator
from m3ae.phantom.layouts.lines import write_csv
from m3ae.phantom.params import PhantomParams
from m3ae.phantom.questions import method_labels

NAME = "melinda"
NUMBER = 6
FILES = {"train": "train.csv", "validation": "dev.csv", "test": "test.csv"}


def plan(params: PhantomParams, seed: int) -> list[Figure]:
    figures: list[Figure] = []
    for index, (split, num) in enumerate(params.melinda.model_dump().items()):
        figures += plan_split(split, num, "melinda_images/{:06d}_1.jpg", (seed, NUMBER, index), first=1 + len(figures))
    return figures


def write_texts(folder: Path, figures: list[Figure], params: PhantomParams) -> None:
    for split, name in FILES.items():
        write_csv(folder / name, [row(figure) for figure in figures if figure.split == split])


def row(figure: Figure) -> dict[str, str]:
    words = untold(figure.radiology, generator(*figure.words, 1))
    return {"figure_file": Path(figure.path).name, "caption": words, **method_labels(figure.radiology)}


def untold(latent: Latent, rng: Generator) -> str:
    """Return a caption that does not name the method: the class has to be seen."""
    return sentence(f"{'; '.join([findings(latent, rng), *extras(latent, rng)])}.")
