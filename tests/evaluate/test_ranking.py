import numpy as np
import pytest

from m3ae.evaluate import predictions
from m3ae.evaluate.ranking import first_pass, rankings
from m3ae.finetune.ranking import rank
from m3ae.objectives.build import task_learner
from m3ae.objectives.retrieval import Retrieval
from tests.evaluate.conftest import TEXTS, Split


@pytest.fixture
def ranked(sizes, tokenizer):
    """The table of a split, and the scores (I, T) that it has to be consistent with."""

    def of(texts, rerank=0):
        learner = task_learner(sizes, "retrieval", Retrieval(sizes.model), seed=0)
        table = rankings(learner, predictions.Test(Split(texts), [], tokenizer, sizes, rerank=rerank))
        return table, rank(learner, Split(texts), tokenizer, 32, sizes.model.text_tokens, rerank).image_to_text

    return of


def test_the_five_best_texts_are_those_that_score_highest(ranked):
    table, scores = ranked(TEXTS)
    assert table["truth"].to_list() == list(TEXTS) and table["prediction"].to_list() == [row[0] for row in table["best"]]
    for best, given, row in zip(table["best"].to_list(), table["best_scores"].to_list(), scores, strict=True):
        highest = sorted(row.tolist(), reverse=True)[:5]
        assert given == pytest.approx(highest, abs=1e-5) and [row[TEXTS.index(text)] for text in best] == pytest.approx(highest, abs=1e-5)


def test_the_ranks_count_the_wrong_partners_that_score_as_high(ranked):
    table, scores = ranked(TEXTS)
    right = np.array([[one == other for other in TEXTS] for one in TEXTS])
    for ranks, matrix in (("rank_of_image_text", scores), ("rank_of_text_image", scores.T)):
        expected = [int((row[~mine] >= row[mine].max()).sum()) for row, mine in zip(matrix, right, strict=True)]
        assert table[ranks].to_list() == expected and len(set(expected)) > 1
    assert table["rank_of_image_text"].to_list() != table["rank_of_text_image"].to_list()


def test_fewer_than_five_texts_are_all_ranked(ranked):
    table, _ = ranked(TEXTS[:3])
    assert [sorted(best) for best in table["best"].to_list()] == [sorted(TEXTS[:3])] * 3


def test_what_a_first_pass_keeps_of_the_right_partners_is_counted_from_the_ranks(ranked):
    table, scores = ranked(TEXTS, rerank=2)
    kept = [own in np.array(TEXTS)[np.argsort(-row)[:2]] for own, row in zip(TEXTS, scores, strict=True)]
    found = first_pass(table, 2)["first_pass"]
    assert found["image_to_text"] == pytest.approx(100 * sum(kept) / len(TEXTS)) and 0 < sum(kept) < len(TEXTS)
    assert (found["rerank"], found["chance"]) == (2, pytest.approx(200 / 7)) and 0 <= found["text_to_image"] <= 100
    assert first_pass(table, 0) == first_pass(table, len(TEXTS)) == first_pass(table.drop("rank_of_text_image"), 2) == {}


def test_each_process_scores_its_share_of_the_images(sizes, tokenizer, monkeypatch):
    asked = []

    def gathered(share):
        asked.append(len(share))
        return list(np.eye(7, dtype=np.float32))

    monkeypatch.setattr("m3ae.finetune.ranking.process_share", lambda: slice(1, None, 2))
    monkeypatch.setattr("m3ae.finetune.ranking.gathered", gathered)
    learner = task_learner(sizes, "retrieval", Retrieval(sizes.model), seed=0)
    table = rankings(learner, predictions.Test(Split(TEXTS), [], tokenizer, sizes))
    assert asked == [3] and table["prediction"].to_list() == list(TEXTS) and table["rank_of_image_text"].to_list() == [0] * 7
