"""Activation checkpointing: the same gradients from less memory."""

import torch
from torch.autograd.graph import saved_tensors_hooks

from m3ae.engine.recompute import recompute_blocks
from m3ae.objectives.learner import Learner
from tests.workers.zero_stages import Batches, new_learner


def step(learner: Learner) -> tuple[int, list[torch.Tensor]]:
    """(elements kept for the backward pass, gradients) of one micro-batch under dropout."""
    kept = []
    torch.manual_seed(3)
    with saved_tensors_hooks(lambda tensor: kept.append(tensor.numel()) or tensor, lambda tensor: tensor):
        loss = learner.train()(Batches()[0]).value
    loss.backward()
    return sum(kept), [parameter.grad for parameter in learner.parameters() if parameter.grad is not None]


def test_recomputed_blocks_have_the_same_gradients_and_keep_less():
    plain, recomputed = new_learner(), new_learner()
    recompute_blocks(recomputed)
    kept, gradients = step(plain)
    kept_of_recomputed, same = step(recomputed)
    assert kept_of_recomputed < 0.5 * kept
    assert len(same) == len(gradients) and all(torch.equal(one, other) for one, other in zip(same, gradients, strict=True))
