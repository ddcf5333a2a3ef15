"""Texts of a task that stand word for word in what is pre-trained on, and questions that a task asks twice."""

from functools import lru_cache

import polars as pl

from m3ae.leaks.split_images import SplitImages

FEWEST_WORDS = 5  # shorter texts are the same by chance
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
    known = words(first).filter(pl.col("words").list.len() >= FEWEST_WORDS)
    return matched(known, words(second), ["words"])


def repeated_questions(first: SplitImages, second: SplitImages) -> pl.DataFrame:
    """Return the same, for texts of any length, where the same image is asked about."""
    return matched(words(first), words(second), ["words", "image_id"])


def matched(known: pl.DataFrame, asked: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    found = known.group_by(keys, maintain_order=True).agg(pretrain_id=pl.first("id"), num_rows=pl.len())
    joined = asked.join(found, on=keys, how="inner", maintain_order="left")
    return joined.select("pretrain_id", "num_rows", "id", "text").unique("id", keep="first", maintain_order=True)


@lru_cache(NUM_REMEMBERED)
def words(images: SplitImages) -> pl.DataFrame:
    """Return a row a text: id, image_id, text, and its words in lower case without punctuation."""
    columns = {name: pl.from_arrow(images.shards.column(name)) for name in ("id", "image_id", "texts")}
    rows = pl.DataFrame(columns).explode("texts", empty_as_null=False).rename({"texts": "text"})
    return rows.with_columns(words=pl.col("text").str.to_lowercase().str.extract_all(r"\w+"))
