"""What the benchmark compares is the same computation."""

import torch

from benchmarks.pretrain_step import PlainLearner


def test_the_plain_plan_has_the_loss_and_the_gradients_of_ours(learner, batch):
    plain = PlainLearner(learner.backbone, dict(learner.objectives), learner.weights)
    gradients = []
    for one in (learner, plain):
        one.zero_grad()
        loss = one(batch).value
        loss.backward()
        gradients.append((loss.detach(), {name: parameter.grad for name, parameter in learner.named_parameters()}))
    (ours, mine), (theirs, others) = gradients
    assert torch.allclose(ours, theirs, atol=1e-5)
    for name, gradient in mine.items():
        assert (gradient is None) == (others[name] is None) or torch.count_nonzero(others[name]) == 0, name
        assert gradient is None or torch.allclose(gradient, others[name], atol=1e-5), name
