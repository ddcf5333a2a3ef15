"""Predictions -> scores, in percent; and the scores of what needs no learning. Paper, section 3."""

from collections import Counter
from collections.abc import Mapping, Sequence
from math import comb
from typing import Any

import polars as pl

from m3ae.disk.json import leaves
from m3ae.evaluate.items import MAIN, RANKS, RECALL_AT, items, mean
from m3ae.evaluate.predictions import judged
from m3ae.shards.read import Shards, first_texts


def in_a_line(title: str, models: Mapping[str, Any]) -> str:
    """Return, for the screen, the scores that a task is judged by, of each model that has any."""
    main = {model: [f"{name} {value:.1f}%" for name, value in leaves(found) if name in MAIN] for model, found in models.items()}
    told = (f"{model} {', '.join(scores)}" for model, scores in main.items())
    return f"{title}: {'; '.join(told) or 'not measured'}"


def accuracies(table: pl.DataFrame) -> dict[str, float]:
    """Return the percent right over all rows, and over open and closed questions where a release tells them apart."""
    return {score: percent_right(rows) for score, rows in items(table).items()}


def majority(train: Shards, test: Shards) -> dict[str, dict[str, float]]:
    """Return the scores of always giving the training split's most frequent answer."""
    counts = Counter(answer for row in range(len(train)) for answer in train.row(row)["answers"])
    guess = min(counts, key=lambda answer: (-counts[answer], answer))
    rows = [judged(test.row(row), [(guess, 1.0)]) for row in range(len(test))]
    return {"majority": accuracies(pl.DataFrame(rows))}


def both_recalls(table: pl.DataFrame) -> dict[str, dict[str, float]]:
    """Return R@1, 5 and 10, both ways: the percent of pairs whose right partner is among the first k."""
    found = items(table)
    return {way: {f"r{k}": percent_right(found[f"{way}.r{k}"]) for k in RECALL_AT} for way in RANKS}


def percent_right(rows: pl.DataFrame) -> float:
    return 100 * mean(rows["right"])


def by_chance(_train: Shards, test: Shards) -> dict[str, dict[str, float]]:
    """Return what a random ranking reaches, the same both ways."""
    return {"chance": chance(first_texts(test))}


def chance(texts: Sequence[str]) -> dict[str, float]:
    """Return the recalls, in percent, of a ranking drawn at random; identical texts share their right partners."""
    shares = [texts.count(text) for text in texts]  # how many of the candidates are right
    return {f"r{k}": 100 * sum(1 - all_wrong(len(texts), right, k) for right in shares) / len(texts) for k in RECALL_AT}


def all_wrong(candidates: int, right: int, drawn: int) -> float:
    """Return the probability that none of `drawn` different candidates is right."""
    drawn = min(drawn, candidates)
    return comb(candidates - right, drawn) / comb(candidates, drawn)
