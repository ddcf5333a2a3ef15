import torch

from m3ae.finetune.loop import new_learner
from m3ae.objectives.answer import QuestionAnswering


class Task:
    name = "answer"

    def objective(self, model):
        return QuestionAnswering(model, 7)


def heads(config, seed):
    return new_learner(Task(), config, seed).objectives["answer"].head[0].weight


def test_the_head_is_drawn_from_the_seed_alone(config):
    first = heads(config, 3)
    torch.manual_seed(99)
    assert torch.equal(first, heads(config, 3)) and not torch.equal(first, heads(config, 4))
