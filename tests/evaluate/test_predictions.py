import pytest
import torch

from m3ae.batches.images import to_tensor
from m3ae.batches.tasks import TaskBatch
from m3ae.evaluate import predictions as module
from m3ae.evaluate.predictions import NUM_BEST, best, judged, predictions
from m3ae.objectives.answer import Classification, QuestionAnswering
from m3ae.objectives.build import task_learner
from tests.evaluate.conftest import TEXTS, Split

ANSWERS = list("abcdefg")
ROW = {"id": "q1", "image_id": "image1", "texts": ["which side?"], "answers": ["left", "both"], "answer_kind": "open"}


def test_the_five_best_answers_come_in_descending_order(config):
    head, logits = QuestionAnswering(config.model, 7), torch.tensor([[0.0, 3, -1, 2, -2, 1, 4], [6.0, 5, 4, 3, 2, 1, 0]])
    first, second = best(head, logits, ANSWERS)
    assert [answer for answer, _ in first] == list("gbdfa") and [answer for answer, _ in second] == list("abcde")
    assert [score for _, score in first] == pytest.approx([0.982014, 0.952574, 0.880797, 0.731059, 0.5], abs=1e-6)  # 1 / (1 + exp(-logit))


def test_a_classifiers_scores_are_shares_of_one(config):
    [guess] = best(Classification(config.model, 2), torch.tensor([[0.0, 1.0986123]]), ["x", "y"])
    assert guess == [("y", 0.75), ("x", 0.25)]


def test_of_equally_probable_answers_the_first_of_the_list_wins(config):
    [guess] = best(QuestionAnswering(config.model, 7), torch.zeros(1, 7), ANSWERS)
    assert [answer for answer, _ in guess] == list("abcde")


def test_fewer_than_five_answers_are_all_given(config):
    [guess] = best(QuestionAnswering(config.model, 3), torch.tensor([[1.0, 3, 2]]), ["x", "y", "z"])
    assert [answer for answer, _ in guess] == ["y", "z", "x"]


def test_the_first_answer_is_the_prediction_and_right_where_it_is_among_the_true_ones():
    right, wrong = (judged(ROW, [(answer, 0.75), ("up", 0.5)]) for answer in ("both", "right"))
    assert right == {
        "id": "q1",
        "image_id": "image1",
        "question": "which side?",
        "truth": ["left", "both"],
        "answer_kind": "open",
        "prediction": "both",
        "best": ["both", "up"],
        "best_scores": [0.75, 0.5],
        "score": 1.0,
    }
    assert wrong["score"] == 0.0 and wrong["prediction"] == "right"
    assert judged(ROW, [("up", 0.75), ("left", 0.5)])["score"] == 0.0  # the second answer earns nothing


@pytest.mark.parametrize("num_answers", [3, 7])
def test_every_row_of_a_split_gets_its_own_best_answers(sizes, tokenizer, monkeypatch, num_answers):
    monkeypatch.setattr(module, "AT_ONCE", 3)  # the seven rows are three batches
    answers = ANSWERS[:num_answers]
    split = Split(TEXTS, [answers if number % 2 else ["h"] for number in range(len(TEXTS))])
    learner = task_learner(sizes, "answer", QuestionAnswering(sizes.model, num_answers), seed=1)
    with torch.no_grad():
        learner.objectives["answer"].head[-1].weight.mul_(6)  # else all answers are as good as equally probable
    table = predictions(learner, module.Test(split, answers, tokenizer, sizes))
    assert table["id"].to_list() == [f"q{number}" for number in range(7)] and table["truth"].to_list() == split.answers
    assert table["score"].to_list() == [0, 1, 0, 1, 0, 1, 0] and table["prediction"].to_list() == [row[0] for row in table["best"]]
    for number in range(7):
        expected = alone(learner, split, number, tokenizer, sizes)
        order = expected.argsort(descending=True)[:NUM_BEST].tolist()
        assert table["best"][number].to_list() == [answers[place] for place in order]
        assert table["best_scores"][number].to_list() == pytest.approx([expected[place].item() for place in order], abs=1e-4)
    assert table["best_scores"].list.first().n_unique() > 1


@torch.no_grad()
def alone(learner, split, number, tokenizer, sizes):
    """The probability of each answer to one question, which has no other in its batch."""
    tokens, image = tokenizer([split.texts[number]], sizes.model.text_tokens), to_tensor(split.pixels(number), 32)
    batch, head = TaskBatch(tokens.ids, tokens.mask, image[None], None), learner.objectives["answer"]
    return head.probabilities(head.logits(learner.backbone.fusion, learner.encode(batch, set(head.views)), batch))[0]
