import pytest
import torch

from m3ae.objectives.answer import Classification, QuestionAnswering


def test_question_answering_sums_the_binary_losses_over_the_answers(config):
    task = QuestionAnswering(config.model, 5)
    logits, targets = torch.zeros(2, 5), torch.tensor([[1.0, 1, 0, 0, 0], [0, 0, 0, 0, 0]])
    assert task.losses(logits, targets).tolist() == pytest.approx([5 * 0.6931472] * 2)
    assert task.probabilities(logits).tolist() == [[0.5] * 5] * 2


def test_classification_knows_one_right_class(config):
    task = Classification(config.model, 4)
    assert task.losses(torch.tensor([[0.0, 99, 0, 0]]), torch.tensor([[0.0, 1, 0, 0]])).item() == 0
    assert task.probabilities(torch.zeros(1, 4)).sum().item() == pytest.approx(1)
