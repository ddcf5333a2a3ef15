"""Retrieval's predictions on a test split: every image ranked against every text, both ways. Paper, section 3.

Its columns: id, image_id, truth (the image's own text), prediction, best and best_scores (the five best texts and their scores),
rank_of_image_text and rank_of_text_image (place of the first right partner, 0 = the best).
"""

import numpy as np
import polars as pl

from m3ae.evaluate.predictions import NUM_BEST, Test
from m3ae.finetune.ranking import Ranking, rank
from m3ae.objectives.learner import Learner


def rankings(learner: Learner, test: Test) -> pl.DataFrame:
    """Return a row for each pair of the test split, in its order."""
    sizes = test.config.model
    found = rank(learner, test.shards, test.tokenizer, sizes.image_px, sizes.text_tokens)
    return pl.DataFrame([pair(test.shards.row(number), found, number) for number in range(len(test.shards))])


def pair(row: dict, found: Ranking, number: int) -> dict:
    scores = found.scores[number]
    order = np.argsort(-scores, kind="stable")[:NUM_BEST]
    return {
        "id": row["id"],
        "image_id": row["image_id"],
        "truth": found.texts[number],
        "prediction": found.texts[order[0]],
        "best": [found.texts[place] for place in order],
        "best_scores": [round(float(scores[place]), 6) for place in order],
        "rank_of_image_text": found.of_image[number],
        "rank_of_text_image": found.of_text[number],
    }
