import contextlib
import math

import numpy as np
import pytest
import torch

from m3ae.batches.tokenizer import Tokenizer, train
from m3ae.engine.optimizer import build_optimizer
from m3ae.objectives.build import pretraining_learner
from m3ae.objectives.codes import CROPPED, evenness
from m3ae.recipes.params import SemMIMParams
from m3ae.recipes.semmim import Collapsed, SemMIM, momentum_at
from tests import tiny
from tests.batches.test_batches import TEXTS, pairs
from tests.recipes.test_robust_mmr import loss_of

SETTINGS = {
    "agreement": 1.0,
    "codes": 1.0,
    "num_codes": 12,
    "head_width": 16,
    "bottleneck": 8,
    "temperature": 0.1,
    "teacher_temperature": 0.04,
    "patch_temperature": 0.07,
    "warmup_share": 0.2,
    "centre_momentum": 0.9,
    "momentum": 0.9,
    "smallest_crop": 0.6,
    "text_in_target": True,
    "text_in_student": True,
    "collapsed_steps": 3,
}
MODEL = tiny.model(dropout=0.1).model_copy(update={"image_px": 16, "patch_px": 8})


def recipe(**changed) -> SemMIM:
    return SemMIM(SemMIMParams(**SETTINGS | changed))


@contextlib.contextmanager
def whole(_parameters):
    yield


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer(train(TEXTS * 3, 300))


def by(tokenizer, recipe):
    batches = pairs(tokenizer)
    object.__setattr__(batches.view, "beside", recipe.beside)
    object.__setattr__(batches.view, "seen", recipe.seen)
    return batches


def begun(recipe):
    learner = pretraining_learner(tiny.config(MODEL, 300), tiny.ALL_ON | recipe.weights(), seed=0, added=recipe.added())
    recipe.begin(learner, {}, torch.float32)
    return learner


def shown(batches, number=1):
    return batches.shown(batches[number])


def stepped(asked, learner, batches, number=1):
    """One step of the optimiser on a micro-batch, and what the recipe does after it."""
    optimizer = build_optimizer(learner, tiny.recipe(learning_rate=0.1))
    learner.train()
    learner(shown(batches, number)).value.backward()
    optimizer.step()
    asked.after_step(0.5, whole)


def test_with_weights_of_0_it_is_plain_m3ae_to_the_bit(tokenizer):
    off = recipe(agreement=0, codes=0)
    m3ae, plain = pretraining_learner(tiny.config(MODEL, 300), tiny.ALL_ON, seed=0), pairs(tokenizer)
    one, gradients, state = loss_of(m3ae, shown(plain))
    other, its_gradients, its_state = loss_of(begun(off), shown(by(tokenizer, off)))
    assert torch.equal(one.value, other.value) and torch.equal(one.tallies, other.tallies) and torch.equal(state, its_state)
    assert gradients.keys() == its_gradients.keys()
    assert all(torch.equal(gradients[name], its_gradients[name]) for name in gradients if gradients[name] is not None)


def test_what_m3ae_draws_of_a_micro_batch_does_not_depend_on_the_recipe(tokenizer):
    plain, other = pairs(tokenizer)[1], by(tokenizer, recipe())[1]
    assert other.beside and all(torch.equal(a, b) for a, b in zip(plain, other, strict=True) if isinstance(a, torch.Tensor))


def test_codes_are_shares_and_of_each_hidden_patch_and_both_showings(tokenizer):
    asked = recipe()
    begun(asked)
    batch = shown(by(tokenizer, asked))
    num_hidden = batch.patch_order.shape[1] - batch.kept.shape[1]
    assert batch.taught.shape == (2, 2 + num_hidden, 12) and not batch.taught.requires_grad
    assert torch.allclose(batch.taught.sum(dim=-1), torch.ones(2, 2 + num_hidden))


def test_the_copy_is_the_moving_average_of_the_model_and_in_no_optimiser(tokenizer):
    asked = recipe()
    learner = begun(asked)
    before = {name: weight.clone() for name, weight in asked.copy.copies.named_parameters()}
    stepped(asked, learner, by(tokenizer, asked))
    rate = momentum_at(0.9, 0.5)
    new = dict(asked.copy.followed.named_parameters())
    for name, weight in asked.copy.copies.named_parameters():
        assert torch.allclose(weight, rate * before[name] + (1 - rate) * new[name], atol=1e-6) and not weight.requires_grad
    assert any(not torch.equal(before[name], new[name]) for name in before)
    in_optimizer = {id(part) for group in build_optimizer(learner, tiny.recipe()).param_groups for part in group["params"]}
    assert not in_optimizer & {id(weight) for weight in asked.copy.copies.parameters()}
    assert not any("cop" in name for name in learner.state_dict())


def test_the_momentum_rises_from_its_first_value_to_1():
    assert momentum_at(0.9, 0) == pytest.approx(0.9) and momentum_at(0.9, 0.5) == pytest.approx(0.95) and momentum_at(0.9, 1) == 1


def test_the_copy_has_no_dropout_and_the_centre_is_taken_off(tokenizer):
    asked = recipe()
    begun(asked)
    batches = by(tokenizer, asked)
    one = shown(batches).taught
    assert torch.equal(one, shown(batches).taught)
    asked.centres[1, 3] = 5.0
    other = shown(batches).taught
    assert torch.equal(one[:, :2], other[:, :2]) and other[:, 2:, 3].max() < 1e-6 < one[:, 2:, 3].max()


def test_centres_follow_the_means_of_what_was_trained_on_and_of_nothing_else(tokenizer):
    asked = recipe()
    learner = begun(asked)
    batches = by(tokenizer, asked)
    assert not learner.training
    shown(batches, 0)  # as for pictures, before the engine trains
    learner.train()
    sized = batches.sized(batches[2])
    wholes, patches = asked.logits(sized)
    shown(batches, 2)
    learner.eval()
    shown(batches, 3)  # as in validation
    asked.after_step(0.5, whole)
    expected = 0.1 * torch.stack([wholes.flatten(0, 1).mean(dim=0), patches.flatten(0, 1).mean(dim=0)])
    assert torch.allclose(asked.centres, expected, atol=1e-6) and expected.abs().max() > 0 and asked.since == []


@pytest.mark.parametrize("reads", [True, False])
def test_the_text_reaches_the_target_where_it_may(tokenizer, reads):
    asked = recipe(text_in_target=reads)
    begun(asked)
    batches = by(tokenizer, asked)
    batch = batches.sized(batches[1])
    other = batch._replace(text_ids=batch.text_ids.flip(0), text_mask=batch.text_mask.flip(0))
    one, changed = asked.seen(batch).taught, asked.seen(other).taught
    assert torch.equal(one[:, :2], changed[:, :2]) and torch.equal(one, changed) != reads


@pytest.mark.parametrize("reads", [True, False])
def test_the_text_reaches_the_model_s_patches_where_it_may(tokenizer, reads):
    asked = recipe(text_in_student=reads, agreement=0)
    learner = begun(asked).eval()
    batch = shown(by(tokenizer, asked))
    other = batch._replace(text_ids=batch.text_ids.flip(0), text_mask=batch.text_mask.flip(0))
    one, changed = (learner(seen, ("codes",)).value for seen in (batch, other))
    assert (one.item() == changed.item()) != reads


def test_hidden_pixels_reach_the_target_and_not_the_model(tokenizer):
    asked = recipe(agreement=0)
    learner = begun(asked).eval()
    batches = by(tokenizer, asked)
    batch = shown(batches)
    row = batch.patch_order[0, -1].item()  # a hidden patch of the first image
    images = batch.images.clone()
    images[0, :, 8 * (row // 2) : 8 * (row // 2) + 8, 8 * (row % 2) : 8 * (row % 2) + 8] += 3
    other = batch._replace(images=images)
    assert learner(batch, ("codes",)).value.item() == learner(other, ("codes",)).value.item()
    assert not torch.equal(asked.seen(batches.sized(batches[1])._replace(images=images)).taught, batch.taught)


def test_agreement_and_codes_teach_one_head(tokenizer):
    for weights in ({"agreement": 0}, {"codes": 0}):
        asked = recipe(**weights)
        learner = begun(asked).train()
        learner(shown(by(tokenizer, asked)), ("codes",)).value.backward()
        assert learner.objectives["codes"].head.codes.weight.grad.abs().sum() > 0


def test_each_showing_has_to_agree_with_the_copy_of_the_other(tokenizer):
    asked = recipe(codes=0)
    learner = begun(asked).eval()
    batch = shown(by(tokenizer, asked))
    swapped = batch._replace(taught=torch.cat([batch.taught[:, :2].flip(1), batch.taught[:, 2:]], dim=1))
    same = batch._replace(beside=(batch.beside[CROPPED]._replace(images=batch.images),))
    assert learner(batch, ("codes",)).value.item() != learner(swapped, ("codes",)).value.item()
    assert learner(same, ("codes",)).value.item() == pytest.approx(learner(same._replace(taught=swapped.taught), ("codes",)).value.item())


def test_a_crop_is_never_mirrored():
    asked = recipe(smallest_crop=0.3)
    across = torch.arange(16).expand(16, 16).numpy()[..., None]
    crops = [asked.crop(across, np.random.default_rng(seed))[..., 0] for seed in range(20)]
    assert all((np.diff(crop.astype(int), axis=1) >= 0).all() and crop.shape == (16, 16) for crop in crops)
    assert any((crop != across[..., 0]).any() for crop in crops)


def test_evenness_tells_one_code_for_all_from_many_and_from_none():
    one, many, none = torch.eye(4)[[0, 0, 0, 0]], torch.eye(4), torch.full((4, 4), 0.25)
    assert [tuple(round(float(part), 3) for part in evenness(codes)) for codes in (one, many, none)] == [(0, 0), (1, 0), (1, 1)]


@pytest.mark.parametrize(("shares", "unsure"), [(torch.eye(12)[0], 0.0), (torch.full((12,), 1 / 12), 1.0)])
def test_collapsed_codes_end_the_training_with_a_remedy(shares, unsure):
    asked = recipe()
    healthy = (torch.full((12,), 1 / 12), 0.5)
    for step in ((shares, unsure), (shares, unsure), healthy, (shares, unsure), (shares, unsure)):
        asked.require_codes(*step)
    with pytest.raises(Collapsed, match="collapsed for 3 steps .* raise recipes.semmim.momentum"):
        asked.require_codes(shares, unsure)


def test_a_copy_s_state_is_all_that_a_resumed_run_needs(tokenizer):
    asked, again = recipe(), recipe()
    stepped(asked, begun(asked), by(tokenizer, asked))
    begun(again)
    assert not torch.equal(shown(by(tokenizer, again)).taught, shown(by(tokenizer, asked)).taught)
    again.load_state(asked.state())
    assert torch.equal(shown(by(tokenizer, again)).taught, shown(by(tokenizer, asked)).taught)
    assert again.done == asked.done and math.isfinite(again.centres.sum())
