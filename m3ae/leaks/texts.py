"""Texts of a task that stand word for word in what is pre-trained on, and questions that a task asks twice."""

from functools import lru_cache

import numpy as np
import polars as pl

from m3ae.leaks.split_images import SplitImages

FEWEST_WORDS = 5  # shorter texts are the same by chance
ROWS_AT_ONCE = 65_536  # whose words are in memory
NUM_REMEMBERED = 16  # splits, for each is compared with many
SCHEMA = {
    "pretrain_release": pl.String,
    "pretrain_split": pl.String,
    "pretrain_id": pl.String,
    "num_rows": pl.UInt32,
    "task": pl.String,
    "split": pl.String,
    "id": pl.String,
    "text": pl.String,
}


def shared_texts(first: SplitImages, second: SplitImages) -> pl.DataFrame:
    """Return the second split's rows whose text the first has, too.

    Columns: pretrain_id of the first such row, num_rows of them, id, text.
    """
    known, asked = alike(first, second)
    return matched(known.filter(pl.col("words").list.len() >= FEWEST_WORDS), asked, ["words"])


def repeated_questions(first: SplitImages, second: SplitImages) -> pl.DataFrame:
    """Return the same, for texts of any length, where the same image is asked about."""
    return matched(*alike(first, second), ["words", "image_id"])


def matched(known: pl.DataFrame, asked: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    found = known.group_by(keys, maintain_order=True).agg(pretrain_id=pl.first("id"), num_rows=pl.len())
    joined = asked.join(found, on=keys, how="inner", maintain_order="left")
    return joined.select("pretrain_id", "num_rows", "id", "text").unique("id", keep="first", maintain_order=True)


def alike(first: SplitImages, second: SplitImages) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return both splits' rows that have a text whose words may be in the other: hashes propose, words decide."""
    fewer, more = sorted((hashes(first), hashes(second)), key=len)
    common = fewer.filter(fewer.is_in(more.unique().implode())).unique()
    return words(first, rows_with(first, common)), words(second, rows_with(second, common))


def rows_with(images: SplitImages, common: pl.Series) -> np.ndarray:
    """Return the rows of which one text has one of these hashes, int64, ascending."""
    places = np.flatnonzero(hashes(images).is_in(common.implode()).to_numpy())
    return np.unique(images.shards.num_texts().cumsum().searchsorted(places, side="right"))


@lru_cache(NUM_REMEMBERED)
def hashes(images: SplitImages) -> pl.Series:
    """Return the hash of each text's words, in the order of rows and texts: all that is kept of every text."""
    count = len(images.shards)
    parts = (words(images, np.arange(start, min(start + ROWS_AT_ONCE, count))) for start in range(0, count, ROWS_AT_ONCE))
    return pl.concat([pl.Series(dtype=pl.UInt64), *(part["words"].list.join(" ").hash() for part in parts)])


def words(images: SplitImages, rows: np.ndarray) -> pl.DataFrame:
    """Return a row a text of these rows: id, image_id, text, and its words in lower case without punctuation."""
    found = pl.DataFrame(pl.from_arrow(images.shards.taken(rows, ("id", "image_id", "texts"))))
    texts = found.explode("texts", empty_as_null=False).rename({"texts": "text"})
    return texts.with_columns(words=pl.col("text").str.to_lowercase().str.extract_all(r"\w+"))
