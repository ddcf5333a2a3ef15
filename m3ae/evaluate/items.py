"""A table of predictions -> the items of each score: what was asked, about which image, and whether it was right.

A score's name is the path of its value in a metric file: `overall`, `text_to_image.r1`.
"""

from typing import Any

import polars as pl

ANSWER_KINDS = ("open", "closed")
RECALL_AT = (1, 5, 10)
RANKS = {"text_to_image": "rank_of_text_image", "image_to_text": "rank_of_image_text"}  # which column tells each way's recalls
MAIN = ("overall", "text_to_image.r1", "image_to_text.r1")  # what a task is judged by, of the scores that it has


def mean(column: pl.Series) -> float:
    """Return the mean of a column of numbers; to polars' types it might as well be one of dates or texts."""
    found: Any = column.mean()
    return found


def items(table: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Return the rows that each score is counted from, with a column `right` of 0 or 1; none for a table of a form of its own."""
    if {"score", "answer_kind"} <= set(table.columns):
        return answered(table.with_columns(right=pl.col("score")))
    if set(RANKS.values()) <= set(table.columns):
        return {f"{way}.r{k}": ranked_within(table, k, column) for way, column in RANKS.items() for k in RECALL_AT}
    return {}


def answered(table: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Return all rows, and open and closed questions by themselves where a release tells them apart."""
    kinds = {kind: table.filter(pl.col("answer_kind") == kind) for kind in ANSWER_KINDS}
    return {"overall": table} | {kind: part for kind, part in kinds.items() if len(part)}


def ranked_within(table: pl.DataFrame, k: int, column: str) -> pl.DataFrame:
    """Return all pairs; right are those whose rank (0 = the best place) is among the first k."""
    return table.with_columns(right=(pl.col(column) < k).cast(pl.Float64))
