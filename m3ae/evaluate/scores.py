"""Predictions -> scores, in percent; and the scores of what needs no learning. Paper, section 3."""

from collections import Counter
from collections.abc import Iterable, Sequence
from math import comb

import polars as pl

from m3ae.evaluate.predictions import judged
from m3ae.shards.read import Shards, first_texts

ANSWER_KINDS = ("open", "closed")
RECALL_AT = (1, 5, 10)


def accuracies(table: pl.DataFrame) -> dict[str, float]:
    """Return the percent right over all rows, and over open and closed questions where a release tells them apart."""
    result = {"overall": 100 * table["score"].mean()}
    for kind in ANSWER_KINDS:
        part = table.filter(pl.col("answer_kind") == kind)
        if len(part):
            result[kind] = 100 * part["score"].mean()
    return result


def majority(train: Shards, test: Shards) -> dict[str, dict[str, float]]:
    """Return the scores of always giving the training split's most frequent answer."""
    counts = Counter(answer for row in range(len(train)) for answer in train.row(row)["answers"])
    guess = min(counts, key=lambda answer: (-counts[answer], answer))
    rows = [judged(test.row(row), [(guess, 1.0)]) for row in range(len(test))]
    return {"majority": accuracies(pl.DataFrame(rows))}


def both_recalls(table: pl.DataFrame) -> dict[str, dict[str, float]]:
    """Return R@1, 5 and 10, both ways."""
    return {"text_to_image": recalls(table["rank_of_text_image"]), "image_to_text": recalls(table["rank_of_image_text"])}


def by_chance(_train: Shards, test: Shards) -> dict[str, dict[str, float]]:
    """Return what a random ranking reaches, the same both ways."""
    return {"chance": chance(first_texts(test))}


def recalls(ranks: Iterable[int]) -> dict[str, float]:
    """Return the percent of `ranks` (0 = the best place) that are among the first k, for each k: R@k."""
    found = list(ranks)
    return {f"r{k}": 100 * sum(place < k for place in found) / len(found) for k in RECALL_AT}


def chance(texts: Sequence[str]) -> dict[str, float]:
    """Return the recalls, in percent, of a ranking drawn at random; identical texts share their right partners."""
    shares = [texts.count(text) for text in texts]  # how many of the candidates are right
    return {f"r{k}": 100 * sum(1 - all_wrong(len(texts), right, k) for right in shares) / len(texts) for k in RECALL_AT}


def all_wrong(candidates: int, right: int, drawn: int) -> float:
    """Return the probability that none of `drawn` different candidates is right."""
    drawn = min(drawn, candidates)
    return comb(candidates - right, drawn) / comb(candidates, drawn)
