"""Where in a few test images the words of their questions look, with the boxes of findings where the release has them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars
from PIL import Image

from m3ae.ask.heat import HEAT, limits
from m3ae.report.boxes import Box, covered, finding_boxes
from m3ae.report.examples import ANSWERED, Album, encoded, picture_of, shortened
from m3ae.report.inputs import Inputs
from m3ae.report.measured import Asked, Result

DOWN, ACROSS = ("upper", "middle", "lower"), ("left", "middle", "right")


@dataclass(frozen=True)
class Word:
    """One word's map: `heat` is a picture to lay over the image, `in_boxes` the percent of its attention that lies in the boxes."""

    text: str
    heat: str
    most: str  # where the most of it goes
    in_boxes: float | None


@dataclass(frozen=True)
class Look:
    """One test row; `picture` is the square that the model sees, `area` the percent of it that the boxes cover."""

    anchor: str
    text: str
    image_id: str
    facts: tuple[tuple[str, str], ...]
    picture: str
    boxes: tuple[Box, ...]
    area: float | None
    words: tuple[Word, ...]

    @property
    def findings(self) -> str:
        return ", ".join(dict.fromkeys(box.finding for box in self.boxes))


def looks(result: Result, asked: Asked, inputs: Inputs) -> list[Look]:
    """Return what the stage `visualise` left of a task, of its first seed; nothing where it left nothing."""
    entry = result.entry
    rows = [] if result.missing else inputs.attention().get(entry.name, [])
    if not rows:
        return []
    boxes = finding_boxes(Path(asked.releases) / entry.task.release, {row["image_id"] for row in rows})
    album, path = Album(inputs.shards(entry.shards)), inputs.predictions(entry.name, asked.seeds[0])
    predicted = polars.read_parquet(path) if path.is_file() else polars.DataFrame({"id": []}, {"id": polars.String})
    return [
        look(f"seen-{entry.name}-{place}", row, boxes.get(row["image_id"], []), album, predicted.filter(polars.col("id") == row["id"]))
        for place, row in enumerate(rows, 1)
    ]


def look(anchor: str, row: dict[str, Any], boxes: list[Box], album: Album, predicted: polars.DataFrame) -> Look:
    maps = [np.array(word["weights"]) for word in row["words"]]
    inside = covered(boxes, len(maps[0])) if boxes else None
    words = zip(row["words"], maps, strict=True)
    return Look(
        anchor,
        shortened(row["text"]),
        row["image_id"],
        facts(predicted),
        picture_of(centre_square(album.pixels(row["image_id"]))),
        tuple(boxes),
        None if inside is None else 100 * float(inside.mean()),
        tuple(word_of(found["word"], weights, limits(maps), inside) for found, weights in words),
    )


def facts(predicted: polars.DataFrame) -> tuple[tuple[str, str], ...]:
    """Return what was true and what was answered, where the predictions are answers."""
    if not (len(predicted) and set(predicted.columns) >= ANSWERED):
        return ()
    [row] = predicted.iter_rows(named=True)
    return ("truth", " or ".join(row["truth"]) or "(none)"), ("answered", row["prediction"])


def word_of(text: str, weights: np.ndarray, scale: tuple[float, float], inside: np.ndarray | None) -> Word:
    in_boxes = None if inside is None else 100 * float((weights * inside).sum() / weights.sum())
    return Word(text, heat(weights, *scale), most(weights), in_boxes)


def heat(weights: np.ndarray, lowest: float, highest: float) -> str:
    """Return the map's colours, a pixel a patch, as a data URI."""
    colours = HEAT(np.clip((weights - lowest) / (highest - lowest), 0, 1))
    return encoded(Image.fromarray((255 * colours).round().astype(np.uint8), "RGBA"))


def most(weights: np.ndarray) -> str:
    """Return in words where the largest weight is."""
    row, column = np.unravel_index(weights.argmax(), weights.shape)
    rows, columns = weights.shape
    down, across = DOWN[third(int(row), rows)], ACROSS[third(int(column), columns)]
    return f"{down} {across}" if down != across else "centre"


def third(place: int, length: int) -> int:
    return int(3 * (place + 0.5) / length)


def centre_square(pixels: np.ndarray) -> np.ndarray:
    height, width = pixels.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return pixels[top : top + side, left : left + side]
