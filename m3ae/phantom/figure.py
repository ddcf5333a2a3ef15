"""One image to be drawn for a release, and how to draw and save it."""

from dataclasses import dataclass
from pathlib import Path

from m3ae.phantom.chart import draw_chart
from m3ae.phantom.latent import Latent, draw_patients, generator
from m3ae.phantom.render import render

JPEG_QUALITY = 90


@dataclass(frozen=True, slots=True)
class Figure:
    """One image of a release, yet to be drawn: `path` is relative to the release's folder, `latent` is None where it is no radiology."""

    split: str
    path: str
    patient: str
    latent: Latent | None
    words: tuple[int, ...]  # what its random numbers are made from

    @property
    def radiology(self) -> Latent:
        """Return the latent record, of a release that holds radiology alone."""
        assert self.latent is not None
        return self.latent


def draw(figure: Figure, folder: Path, image_px: int) -> list[list[int]]:
    """Draw the figure and save it under `folder`; return the boxes of its findings, in the record's order."""
    rng = generator(*figure.words)
    path = folder / figure.path
    if figure.latent is None:
        image, boxes = draw_chart(image_px, rng), []
    else:
        picture = render(figure.latent, image_px, rng)
        image, boxes = picture.image, picture.boxes
    image.save(path, quality=JPEG_QUALITY) if path.suffix == ".jpg" else image.save(path, compress_level=1)
    return boxes


def plan_split(
    split: str, num: int, path: str, words: tuple[int, ...], first: int, distinct: bool = False, most_images: int = 3
) -> list[Figure]:
    """Return `num` figures with patients of their own; `path` is a pattern with a number, counted from `first`.

    With `distinct`, no two records agree in all that captions state; `most_images` is the most that a patient has.
    """
    prefix = "-".join(map(str, words[1:]))
    records = draw_patients(generator(*words), num, f"patient-{prefix}-{split}", distinct, most_images)
    return [
        Figure(split, path.format(first + index), patient, latent, (*words, index + 1)) for index, (patient, latent) in enumerate(records)
    ]
