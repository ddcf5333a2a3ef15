from types import SimpleNamespace

import pytest
import torch

from m3ae.pretrain.budget import num_steps
from m3ae.pretrain.speed import operations_a_pair
from m3ae.recipes.base import PretrainingRecipe
from tests import tiny
from tests.recipes.test_two_stage import OFF, SETTINGS, batch_of, begun, new_learner, recipe, tokenizer  # noqa: F401  # a fixture

STEPS = 10_000  # so many that rounding does not show
PARAMS = SimpleNamespace(objectives=tiny.ALL_ON, seed=0, views="shared", pretrain=SimpleNamespace(steps=STEPS))


def steps(asked, learner, batch) -> int:
    config = tiny.config(learner_model(), 300)
    return num_steps(PARAMS, asked, config, learner, batch)


def learner_model():
    return tiny.model(dropout=0.1).model_copy(update={"image_px": 16, "patch_px": 8})


def test_a_recipe_that_shares_nothing_has_the_steps_of_m3ae(tokenizer):  # noqa: F811
    plain = PretrainingRecipe(None)
    assert steps(plain, new_learner(plain), batch_of(tokenizer, plain)) == STEPS


def test_with_no_stage_before_and_nothing_added_a_recipe_of_two_has_them_too(tokenizer):  # noqa: F811
    off = recipe(**OFF, alignment=SETTINGS["alignment"] | {"share": 0})
    assert steps(off, new_learner(off), batch_of(tokenizer, off)) == STEPS


@pytest.mark.parametrize("share", [0.2, 0.5])
def test_two_stages_compute_what_m3ae_would_each_its_share(tokenizer, share):  # noqa: F811
    asked = recipe(alignment=SETTINGS["alignment"] | {"share": share})
    first, plain = asked.first(), PretrainingRecipe(None)
    aligning = new_learner(first)
    first.begin(aligning, {}, torch.float32)
    learner, _ = begun(asked)
    batch = batch_of(tokenizer, asked)
    whole = STEPS * operations_a_pair(new_learner(plain), batch)
    of_first = steps(first, aligning, batch_of(tokenizer, first)) * operations_a_pair(aligning, batch)
    assert of_first / whole == pytest.approx(share, rel=0.01)
    of_second = steps(asked, learner, batch) * operations_a_pair(learner, batch) / whole
    assert (1 - share) * 0.8 < of_second < 1 - share  # the rest is the frozen encoders'
