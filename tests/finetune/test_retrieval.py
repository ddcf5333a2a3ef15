from types import SimpleNamespace

import numpy as np
import pytest

from m3ae.finetune import retrieval as module
from m3ae.finetune.ranking import Ranking
from m3ae.finetune.retrieval import RetrievalTask


def retrieval(choose_by: str) -> RetrievalTask:
    params = SimpleNamespace(choose_by=choose_by, image_px=16, text_tokens=8, micro_batch=2, num_others=1)
    return RetrievalTask({name: Rows(name) for name in ("train", "validation", "test")}, [], tokenizer=None, params=params)


class Rows:
    def __init__(self, name: str):
        self.name = name

    def __len__(self) -> int:
        return 4

    def row(self, number: int) -> dict:
        return {"texts": [f"text {number}"]}


class Copy:
    name = "a copy"


def test_the_authors_choose_the_epoch_by_the_full_ranking_of_the_validation_split(monkeypatch):
    asked, scores = [], np.array([[3, 0, 0, 0], [0, 3, 0, 0], [0, 0, 1, 2], [9, 9, 9, 8]], float)

    def rank(learner, shards, *_):
        asked.append((learner.name, shards.name))
        return Ranking(scores, scores.T)

    monkeypatch.setattr(module, "rank", rank)
    text_to_image, image_to_text = 25, 50  # the first text of four finds its image first, two of four images their text
    found = retrieval("recall").validation(None, Copy)
    assert found == pytest.approx((text_to_image + image_to_text) / 2) and asked == [("a copy", "validation")]


def test_else_the_choices_of_the_validation_split_do():
    def tallies(batches, num_batches):
        assert (batches.shards.name, num_batches) == ("validation", 2)
        return {"retrieval.accuracy": 0.75}

    engine = SimpleNamespace(tallies=tallies)
    assert retrieval("choices").validation(engine, lambda: pytest.fail("no copy is needed")) == 75
