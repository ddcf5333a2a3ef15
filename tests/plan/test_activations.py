"""What autograd keeps: against the bytes that are really there after a forward pass."""

import pytest
import torch
from torch import nn

from m3ae.batches.synthetic import synthetic_pairs
from m3ae.engine.recompute import recompute_blocks
from m3ae.method import Method
from m3ae.model.fusion import FusionLayer
from m3ae.model.params import ModelParams
from m3ae.objectives.build import pretraining_learner
from m3ae.objectives.learner import Learner
from m3ae.plan.activations import Activations, Ledger, activations, keep_as_a_gpu_does, saved_by
from tests import tiny
from tests.workers.memory import METHOD, Live
from tests.workers.memory import MODEL as WIDER
from tests.workers.zero_stages import MODEL

VOCABULARY = 400
SPLIT = METHOD.model_copy(update={"negatives": "split"})


def new_learner(views: str = "shared", model: ModelParams = MODEL) -> Learner:
    return pretraining_learner(tiny.config(model, VOCABULARY), tiny.ALL_ON, seed=0, views=views).train()


def of(precision: str, method: Method = METHOD, views: str = "shared") -> dict[str, Activations]:
    return activations(new_learner(views), MODEL, method, precision)


@pytest.mark.parametrize("recomputed", [False, True])
def test_as_many_bytes_are_counted_as_a_forward_pass_leaves_behind(recomputed):
    model = WIDER.model_copy(update={"dropout": 0.1})  # so wide that the states of generators, which are held on a CPU, weigh nothing
    learner, batch = new_learner(model=model), synthetic_pairs(4, model, METHOD, VOCABULARY)
    keep_as_a_gpu_does(learner)
    if recomputed:
        recompute_blocks(learner)
    counted, _ = saved_by(learner, batch)
    with Live() as live:
        for tensor in (*learner.parameters(), *learner.buffers(), *(part for part in batch if part is not None)):
            live.enter(tensor.untyped_storage())
        before = live.now
        loss = learner(batch)
        left_behind = live.now - before
    assert loss.value.requires_grad and counted == pytest.approx(left_behind, rel=0.001)


@pytest.mark.parametrize("method", [METHOD, SPLIT])
def test_activations_are_linear_in_the_pairs(method):
    line = of("fp32", method)["none"]
    learner = new_learner()
    keep_as_a_gpu_does(learner)
    total, _ = saved_by(learner, synthetic_pairs(16, MODEL, method, VOCABULARY))
    assert line.of(16) == pytest.approx(total, rel=0.02)


def test_bf16_takes_half_of_the_bytes_of_fp32():
    halves, whole = (of(precision)["none"].of(16) for precision in ("bf16", "fp32"))
    assert 0.5 < halves / whole < 0.65  # dropout's bytes and the losses are the same


def test_fp16_takes_the_bytes_of_bf16():
    assert of("fp16") == of("bf16")


def test_a_pass_back_through_blocks_that_are_computed_again_takes_what_is_planned():
    model = WIDER.model_copy(update={f"{part}_width": 48 for part in ("vision", "text", "fusion", "decoder")} | {"image_px": 64})
    learner, batch = new_learner(model=model), synthetic_pairs(64, model, METHOD, VOCABULARY)
    planned = activations(new_learner(model=model), model, METHOD, "fp32")["blocks"].of(64)
    keep_as_a_gpu_does(learner)
    recompute_blocks(learner)
    with Live() as live:
        learner(batch).value.backward()
        live.most = gradients = live.now
        learner(batch).value.backward()
    assert live.most - gradients == pytest.approx(planned, rel=0.15)  # what flows back is not planned


def test_computing_blocks_again_saves_most_activations():
    found = of("fp32")
    assert found["blocks"].a_pair < 0.5 * found["none"].a_pair


def test_separate_views_keep_more_than_shared_ones():
    shared, separate = (of("fp32", views=views)["none"].a_pair for views in ("shared", "separate"))
    assert separate > 1.05 * shared


def test_images_from_outside_the_batch_are_counted():
    assert of("fp32", SPLIT)["none"].a_pair > of("fp32")["none"].a_pair


def kept_by(module: nn.Module, *tensors: torch.Tensor | None) -> int:
    ledger = Ledger([*module.parameters(), *(tensor for tensor in tensors if tensor is not None)])
    with ledger.open():
        module(*tensors)
    return ledger.num_bytes


def test_attention_keeps_nothing_that_grows_with_the_square_of_the_tokens():
    layer = FusionLayer(16, 2, dropout=0.1).train()
    keep_as_a_gpu_does(layer)
    one, four = (kept_by(layer, tokens, None, tokens, None) for tokens in (torch.randn(1, length, 16) for length in (512, 2048)))
    assert four == pytest.approx(4 * one, rel=0.01)


def test_dropout_keeps_a_byte_an_element():
    dropout = nn.Sequential(nn.Dropout(0.5)).train()
    keep_as_a_gpu_does(dropout)
    assert kept_by(dropout, torch.randn(10, 10, requires_grad=True)) == 100


def test_parameters_and_the_batch_are_not_counted():
    assert kept_by(nn.Linear(8, 8), torch.randn(4, 8)) == 0


def test_what_is_saved_twice_is_counted_once():
    first = torch.randn(4, 8, requires_grad=True)
    ledger = Ledger([])
    with ledger.open():
        product = first * first
        product.square()
    assert ledger.num_bytes == 2 * 4 * 8 * 4
