from types import SimpleNamespace

import pytest
from m3ae.retrieval import task

from m3ae.evaluate.ranking import Ranking
from m3ae.finetune.retrieval import RetrievalTask


def retrieval(choose_by: str) -> RetrievalTask:
    params = SimpleNamespace(choose_by=choose_by, image_px=16, text_tokens=8, micro_batch=2, num_others=1)
    return RetrievalTask({name: Rows(name) for name in ("train", "validation", "test")}, tokenizer=None, params=params)


class Rows:
    def __init__(self, name: str):
        self.name = name

    def __len__(self) -> int:
        return 4

    def row(self, number: int) -> dict:
        return {"texts": [f"text {number}"]}


def test_the_authors_choose_the_epoch_by_the_full_ranking_of_the_validation_split(monkeypatch):
    asked = []

    def ranked(learner, shards, *_):
        asked.append((learner, shards.name))
        return Ranking(["a"] * 4, ["i"] * 4, of_image=[0, 0, 1, 9], of_text=[0, 1, 2, 3], best_text=["a"] * 4)

    monkeypatch.setattr(task, "rank", ranked)
    assert retrieval("recall").validation(None, lambda: "a copy") == pytest.approx((50 + 25) / 2)
    assert asked == [("a copy", "validation")]


def test_else_the_choices_of_the_validation_split_do():
    def tallies(batches, num_batches):
        assert (batches.shards.name, num_batches) == ("validation", 2)
        return {"retrieval.accuracy": 0.75}

    engine = SimpleNamespace(tallies=tallies)
    assert retrieval("choices").validation(engine, lambda: pytest.fail("no copy is needed")) == 75
