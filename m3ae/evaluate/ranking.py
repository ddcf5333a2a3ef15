"""Retrieval's predictions on a test split: every image ranked against every text, both ways. Paper, section 3.

Its columns: id, image_id, truth (the image's own text), prediction, best and best_scores (the five best texts and their scores),
rank_of_image_text and rank_of_text_image (place of the first right partner, 0 = the best).
"""

from typing import Any

import numpy as np
import polars as pl

from m3ae.evaluate.items import RANKS, mean
from m3ae.evaluate.predictions import NUM_BEST, Test
from m3ae.finetune.ranking import rank
from m3ae.objectives.learner import Learner
from m3ae.shards.read import first_texts


def rankings(learner: Learner, test: Test) -> pl.DataFrame:
    """Return a row for each pair of the test split, in its order. Which texts are the same is asked of the rows as they were."""
    sizes, clean = test.config.model, test.shards if test.clean is None else test.clean
    ranking, texts = rank(learner, test.shards, test.tokenizer, sizes.image_px, sizes.text_tokens, test.rerank), first_texts(clean)
    ranks = zip(*ranking.places(texts), strict=True)
    return pl.DataFrame([pair(clean.row(number), texts, ranking.image_to_text[number], *both) for number, both in enumerate(ranks)])


def first_pass(table: pl.DataFrame, rerank: int) -> dict[str, Any]:
    """Return the percent of pairs whose right partner the first pass left to the fusion, beside a random draw's.

    What it left out ranks behind the `rerank` partners that it kept, so that the ranks tell. Returns nothing where all were kept, or of
    answers.
    """
    if not 0 < rerank < len(table) or not set(RANKS.values()) <= set(table.columns):
        return {}
    kept = {way: 100 * mean(table[column] < rerank) for way, column in RANKS.items()}
    return {"first_pass": {"rerank": rerank, **kept, "chance": 100 * rerank / len(table)}}


def pair(row: dict[str, Any], texts: list[str], scores: np.ndarray, rank_of_image_text: int, rank_of_text_image: int) -> dict[str, Any]:
    order = np.argsort(-scores, kind="stable")[:NUM_BEST]
    return {
        "id": row["id"],
        "image_id": row["image_id"],
        "truth": row["texts"][0],
        "prediction": texts[order[0]],
        "best": [texts[place] for place in order],
        "best_scores": [round(float(scores[place]), 6) for place in order],
        "rank_of_image_text": rank_of_image_text,
        "rank_of_text_image": rank_of_text_image,
    }
