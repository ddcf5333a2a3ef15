"""Each task's best and worst test rows: the most confident right and wrong answers, the best and worst ranked pairs."""

import io
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars
from PIL import Image

from m3ae.report.inputs import Inputs
from m3ae.report.measured import Asked, Result
from m3ae.report.published import ZERO_SHOT
from m3ae.shards.read import open_split
from m3ae.shards.thumbnail import thumbnail

NUM_EXAMPLES = 3  # of each kind
LONGEST_SIDE_PX, THUMBNAIL_PX = 224, 72
LONGEST_TEXT = 240  # characters
RANKED = {"rank_of_image_text", "rank_of_text_image"}  # the columns that tell the forms of predictions apart
ANSWERED = {"question", "best_scores", "score"}
Card = Callable[[dict[str, Any], str, str], "Example"]  # (row, picture, licence) -> the card


@dataclass(frozen=True)
class Choice:
    """One of the model's best answers or texts; a text comes with the picture of an image that has it."""

    text: str
    score: float
    is_right: bool
    picture: str = ""


@dataclass(frozen=True)
class Example:
    """One card of the page; `facts` are (label, value) lines below the text, `choices` the model's best, the best first."""

    image_id: str
    text: str
    facts: tuple[tuple[str, str], ...]
    picture: str = ""  # data URI; "" where the shards do not hold the image
    licence: str = ""
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True)
class Gallery:
    """One task's examples; `missing` says why there are none."""

    title: str
    synthetic: bool
    best_title: str = ""
    worst_title: str = ""
    best: tuple[Example, ...] = ()
    worst: tuple[Example, ...] = ()
    missing: str = ""


def gallery(result: Result, asked: Asked, inputs: Inputs) -> Gallery:
    """Return the examples of `result`, from the first seed that left any."""
    entry = result.entry
    if result.missing:
        return Gallery(entry.title, False, missing=result.missing)
    is_zero_shot = entry.name == ZERO_SHOT
    tables = [inputs.zero_shot_predictions()] if is_zero_shot else [inputs.predictions(entry.name, seed) for seed in asked.seeds]
    path = next((path for path in tables if path.is_file()), None)
    if path is None:
        return Gallery(entry.title, result.synthetic, missing="no predictions were written")
    rows = polars.read_parquet(path)
    choose = next((make for columns, make in ((RANKED, ranked), (ANSWERED, answered)) if columns <= set(rows.columns)), None)
    if choose is None:
        return Gallery(entry.title, result.synthetic, missing=f"no cards for predictions of the kind “{entry.kind}”")
    return choose(result, rows, Album(inputs.shards(entry.shards)))


def answered(result: Result, rows: polars.DataFrame, album: "Album") -> Gallery:
    """Choose the most confident right and wrong predictions, one an image; ties go by id, so that the page is stable."""
    rows = rows.with_columns(sureness=polars.col("best_scores").list.first()).sort(["sureness", "id"], descending=[True, False])
    right, wrong = rows.filter(polars.col("score") > 0), rows.filter(polars.col("score") <= 0)
    return Gallery(
        result.entry.title,
        result.synthetic,
        "Most confident and right",
        "Most confident and wrong",
        cards(right, answer_card, album),
        cards(wrong, answer_card, album),
    )


def ranked(result: Result, rows: polars.DataFrame, album: "Album") -> Gallery:
    """Choose the best and the worst pairs by the sum of their two ranks (0 = first place in the file, shown as 1)."""
    rows = rows.with_columns(both=polars.col("rank_of_image_text") + polars.col("rank_of_text_image"))
    card = rank_card(rows, album)
    best, worst = rows.sort(["both", "image_id"]), rows.sort(["both", "image_id"], descending=[True, False])
    return Gallery(
        result.entry.title,
        result.synthetic,
        "Ranked best",
        "Ranked worst",
        cards(best, card, album),
        cards(worst.filter(polars.col("both") > 0), card, album),
    )


def cards(rows: polars.DataFrame, card: Card, album: "Album") -> tuple[Example, ...]:
    """Return the first rows of different images, at most `NUM_EXAMPLES`, as cards."""
    chosen = rows.unique("image_id", keep="first", maintain_order=True).head(NUM_EXAMPLES)
    return tuple(card(row, *album.show(row["image_id"])) for row in chosen.iter_rows(named=True))


def answer_card(row: dict[str, Any], picture: str, licence: str) -> Example:
    facts = {"truth": " or ".join(row["truth"]) or "(none)", "prediction": row["prediction"], "probability": f"{row['sureness']:.3f}"}
    choices = (Choice(text, score, text in row["truth"]) for text, score in zip(row["best"], row["best_scores"], strict=True))
    return Example(row["image_id"], shortened(row["question"]), tuple(facts.items()), picture, licence, tuple(choices))


def rank_card(rows: polars.DataFrame, album: "Album") -> Card:
    """Return a maker of cards that says every rank out of all pairs, and shows an image of each text that was ranked first."""
    num_pairs, images = len(rows), dict(zip(reversed(rows["truth"]), reversed(rows["image_id"]), strict=True))

    def card(row: dict[str, Any], picture: str, licence: str) -> Example:
        facts = (
            ("its text ranked", f"{row['rank_of_image_text'] + 1} of {num_pairs}"),
            ("its image ranked", f"{row['rank_of_text_image'] + 1} of {num_pairs}"),
        )
        choices = tuple(
            Choice(shortened(text), score, text == row["truth"], album.show(images.get(text, ""), THUMBNAIL_PX)[0])
            for text, score in zip(row["best"], row["best_scores"], strict=True)
        )
        return Example(row["image_id"], shortened(row["truth"]), facts, picture, licence, choices)

    return card


def shortened(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1].rstrip() + "…"


class Album:
    """The images of a split by their ids, opened when the first one is asked for."""

    def __init__(self, folder: Path, split: str = "test"):
        self.shards = open_split(folder, split) if any(folder.glob(f"{split}-*.arrow")) else None
        rows = range(len(self.shards)) if self.shards else ()
        self.places = dict(zip(self.shards.column("image_id").to_pylist(), rows, strict=True)) if self.shards else {}

    def show(self, image_id: str, longest_px: int = LONGEST_SIDE_PX) -> tuple[str, str]:
        """Return (thumbnail as a data URI, licence as published); both "" where the shards do not hold the image."""
        if self.shards is None or image_id not in self.places:
            return "", ""
        return picture_of(self.pixels(image_id), longest_px), self.shards.row(self.places[image_id])["licence"] or ""

    def pixels(self, image_id: str) -> np.ndarray:
        """Return the stored pixels, uint8 (H, W, 1 or 3). Raises `KeyError` where the shards do not hold the image."""
        place = self.places[image_id]
        assert self.shards is not None  # or there would be no places
        return self.shards.pixels(place)


def picture_of(pixels: np.ndarray, longest_px: int = LONGEST_SIDE_PX) -> str:
    """Return uint8 pixels (height, width, 1 or 3) as a PNG data URI whose longer side is at most `longest_px`."""
    return encoded(thumbnail(pixels, (longest_px, longest_px)))


def encoded(picture: Image.Image) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG")
    return data_uri(buffer.getvalue())


def data_uri(png: bytes) -> str:
    return f"data:image/png;base64,{b64encode(png).decode()}"
