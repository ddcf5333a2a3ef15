import pytest
import torch

from m3ae.batches.images import CLIP_STD
from m3ae.batches.tokenizer import Tokenizer, train
from m3ae.engine.optimizer import build_optimizer
from m3ae.model.decoders import sine_cosine
from m3ae.objectives.build import pretraining_learner
from m3ae.objectives.denoising import LEVELS, NOISY, NoiseLevel
from m3ae.objectives.mim import patches
from m3ae.params import ParamsError, Sources
from m3ae.recipes.chosen import RecipeMethod
from m3ae.recipes.params import TwoStageParams
from m3ae.recipes.two_stage import ENCODERS, TwoStage
from tests import tiny
from tests.batches.test_batches import TEXTS, pairs
from tests.recipes.test_robust_mmr import loss_of

OFF = {"denoising": {"weight": 0, "strongest": 0.05}, "distillation": 0}
SETTINGS = {
    "alignment": {"share": 0.2, "whole": 1.0, "local": 1.0, "temperature": 0.07},
    "denoising": {"weight": 0.45, "strongest": 0.05},
    "distillation": 1.0,
}
MODEL = tiny.model(dropout=0.1).model_copy(update={"image_px": 16, "patch_px": 8})


def recipe(**changed) -> TwoStage:
    return TwoStage(TwoStageParams(**SETTINGS | changed))


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer(train(TEXTS * 3, 300))


def by(tokenizer, recipe):
    """The pairs as a recipe shows them."""
    batches = pairs(tokenizer)
    object.__setattr__(batches.view, "beside", recipe.beside)
    object.__setattr__(batches.view, "seen", recipe.seen)
    return batches


def new_learner(recipe):
    m3ae = tiny.ALL_ON if recipe.has_m3ae else {}
    config = tiny.config(MODEL, 300).model_copy(update={"objectives": tuple(m3ae)})
    return pretraining_learner(config, m3ae | recipe.weights(), seed=0, added=recipe.added())


def aligned(recipe, seed=9):
    """What a first stage leaves: weights that are not those which the second draws."""
    learner = new_learner(recipe.first())
    recipe.first().begin(learner, {}, torch.float32)
    torch.manual_seed(seed)
    return {name: weight.detach() + 0.1 * torch.randn(weight.shape) for name, weight in learner.named_parameters()}


def begun(recipe):
    """The second stage's learner, started from the first stage's encoders, and these."""
    learner, before = new_learner(recipe), aligned(recipe)
    recipe.begin(learner, before, torch.float32)
    return learner, before


def batch_of(tokenizer, recipe, number=1):
    batches = by(tokenizer, recipe)
    return batches.shown(batches[number])


# Both weights at 0, and no stage before: plain M3AE


def test_with_weights_and_share_of_0_it_is_plain_m3ae_to_the_bit(tokenizer):
    off = recipe(**OFF, alignment=SETTINGS["alignment"] | {"share": 0})
    m3ae, plain = pretraining_learner(tiny.config(MODEL, 300), tiny.ALL_ON, seed=0), pairs(tokenizer)
    learner = new_learner(off)
    off.begin(learner, {}, torch.float32)
    one, gradients, state = loss_of(m3ae, plain.shown(plain[1]))
    other, its_gradients, its_state = loss_of(learner, batch_of(tokenizer, off))
    assert torch.equal(one.value, other.value) and torch.equal(one.tallies, other.tallies) and torch.equal(state, its_state)
    assert gradients.keys() == its_gradients.keys()
    assert all(torch.equal(gradients[name], its_gradients[name]) for name in gradients if gradients[name] is not None)
    assert off.first() is None and off.compute == 1


def test_what_m3ae_draws_of_a_micro_batch_does_not_depend_on_the_recipe(tokenizer):
    plain, shown = pairs(tokenizer)[1], by(tokenizer, recipe())[1]
    assert shown.beside and all(torch.equal(a, b) for a, b in zip(plain, shown, strict=True) if isinstance(a, torch.Tensor))


# Alignment


def test_the_first_stage_has_encoders_alone_and_trains_each_of_them(tokenizer):
    first = recipe().first()
    learner = new_learner(first)
    first.begin(learner, {}, torch.float32)
    _, gradients, _ = loss_of(learner, batch_of(tokenizer, first))
    assert {name.split(".")[1] for name in gradients} == set(ENCODERS)
    assert all(any(gradients[name] is not None and gradients[name].any() for name in gradients if f".{part}." in name) for part in ENCODERS)


def test_the_shares_of_both_stages_are_the_whole():
    assert recipe().first().compute + recipe().compute == 1


# Noise


def test_pixels_are_noisy_and_those_to_be_reconstructed_clean(tokenizer):
    batch = batch_of(tokenizer, recipe())
    noisy = batch.beside[NOISY]
    assert torch.equal(noisy.targets, batch.images) and torch.equal(noisy.images, batch.images + noisy.noise)
    assert noisy.noise.abs().mean() > 0 and batch.noise is None


def test_noise_is_a_share_of_white_whatever_the_encoder_subtracts_and_divides_by(tokenizer):
    strongest = recipe(denoising={"weight": 1, "strongest": 0.2})
    noisy = [batch_of(tokenizer, strongest, number).beside[NOISY] for number in range(40)]
    noise, levels = (torch.cat([getattr(batch, name) for batch in noisy]) for name in ("noise", "noise_level"))
    in_shares = noise * torch.tensor(CLIP_STD)[:, None, None] / levels[:, None, None, None]
    assert in_shares.std(dim=(0, 2, 3)).tolist() == pytest.approx([0.2] * 3, rel=0.02)
    assert levels.min() < 0.1 and levels.max() > 0.9


def test_noise_is_a_function_of_the_micro_batch_s_number(tokenizer):
    one, again = by(tokenizer, recipe()), by(tokenizer, recipe())
    again[5]
    assert torch.equal(one[2].beside[NOISY].noise, again[2].beside[NOISY].noise)
    assert not torch.equal(one[2].beside[NOISY].noise, one[7].beside[NOISY].noise)


def test_the_code_of_a_noise_level_tells_levels_apart():
    weakest, strongest = (sine_cosine(LEVELS * torch.tensor([level]), 128) for level in (0.0, 1.0))
    assert (strongest - weakest).norm() > 1
    assert (sine_cosine(torch.tensor([0.05]), 128) - weakest).norm() < 0.2  # as it would be of a bare deviation


def test_of_an_image_without_noise_the_decoder_is_told_nothing():
    level = NoiseLevel(16)
    assert level(torch.tensor([0.0])).abs().max() == 0 and level(torch.tensor([1.0])).abs().max() > 0


def found(learner, batch, change):
    """The noise's loss where `change` alters what was predicted of the noisy showing."""
    mim = learner.objectives["mim"]
    noisy = batch.beside[NOISY]
    predicted = change(patches(noisy.noise, mim.patch_px), noisy)
    return mim.noise_found(predicted, noisy)[0].item()


def test_noise_is_asked_for_in_visible_patches_alone(tokenizer):
    def hidden_spoilt(noise, batch):
        hidden = torch.ones_like(batch.patch_order, dtype=torch.bool).scatter(1, batch.kept, False)
        return torch.where(hidden[..., None], noise + 100, noise)

    learner, batch = new_learner(recipe()), batch_of(tokenizer, recipe())
    assert found(learner, batch, hidden_spoilt) == 0
    assert found(learner, batch, lambda noise, _: noise + 1) == pytest.approx(1)


def test_the_noise_s_patches_are_not_normalised(tokenizer):
    learner = new_learner(recipe())
    mim, noisy = learner.objectives["mim"], batch_of(tokenizer, recipe()).beside[NOISY]
    losses = [mim.noise_found(0 * patches(noisy.noise, 8), noisy._replace(noise=scale * noisy.noise))[0].item() for scale in (1, 2)]
    assert losses[1] == pytest.approx(4 * losses[0])
    assert losses[0] < (0.05 / min(CLIP_STD)) ** 2


def test_the_decoder_is_told_the_level(tokenizer):
    learner, batch = new_learner(recipe()).eval(), batch_of(tokenizer, recipe())
    other = batch._replace(beside=(batch.beside[NOISY]._replace(noise_level=1 - batch.beside[NOISY].noise_level),))
    one, changed = (learner(shown, ("mim",)).tallies for shown in (batch, other))
    names = learner.tally_names(("mim",))
    assert one[names.index("mim.noise_loss")][0] != changed[names.index("mim.noise_loss")][0]


def test_one_pass_trains_pixels_and_noise_and_the_noise_s_weight_counts(tokenizer):
    batch = batch_of(tokenizer, recipe())
    values = []
    for weight in (0.45, 0.9):
        learner = new_learner(recipe(denoising={"weight": weight, "strongest": 0.05}))
        torch.manual_seed(3)
        loss = learner(batch, ("mim",))
        values.append(loss.value.item())
        figures = dict(zip(learner.tally_names(("mim",)), (loss.tallies[:, 0] / loss.tallies[:, 1]).tolist(), strict=True))
        assert loss.value.item() == pytest.approx(figures["mim.loss"] + weight * figures["mim.noise_loss"], rel=1e-5)
    assert values[1] > values[0]


def test_in_evaluation_pixels_are_predicted_of_clean_images(tokenizer):
    learner, batch = new_learner(recipe()).eval(), batch_of(tokenizer, recipe())
    noisier = batch._replace(beside=(batch.beside[NOISY]._replace(images=batch.images + 9),))
    one, other = (learner(shown, ("mim",)).tallies for shown in (batch, noisier))
    assert torch.equal(one[:2], other[:2]) and not torch.equal(one[2], other[2])
    assert not torch.equal(*(learner.train()(shown, ("mim",)).tallies[0] for shown in (batch, noisier)))


# Distillation


def test_it_starts_from_the_encoders_of_the_first_stage_and_from_no_fusion_of_theirs(tokenizer):
    learner, before = begun(recipe())
    weights = dict(learner.named_parameters())
    assert before and all(torch.equal(weights[name], weight) for name, weight in before.items())
    drawn = dict(new_learner(recipe()).named_parameters())
    assert all(torch.equal(weights[name], drawn[name]) for name in weights if name not in before)


def test_encoders_of_which_one_is_missing_are_refused():
    asked = recipe()
    before = {name: weight for name, weight in aligned(asked).items() if "image_projection" not in name}
    with pytest.raises(ValueError, match="image_projection"):
        asked.begin(new_learner(asked), before, torch.float32)


def test_before_the_first_step_student_and_teacher_agree_and_later_they_do_not(tokenizer):
    asked = recipe()
    learner, _ = begun(asked)
    batch = batch_of(tokenizer, asked)
    assert learner.eval()(batch, ("distillation",)).value.item() == pytest.approx(0, abs=1e-9)
    with torch.no_grad():
        learner.backbone.image_projection.weight.mul_(2)
    assert learner(batch, ("distillation",)).value.item() > 1e-3


def test_neither_padding_nor_dropout_reaches_what_is_taught(tokenizer):
    asked = recipe()
    begun(asked)
    batch = pairs(tokenizer).shown(pairs(tokenizer)[1])
    longer = [torch.cat([part, torch.zeros(len(part), 3, dtype=part.dtype)], dim=1) for part in (batch.text_ids, batch.text_mask)]
    padded = batch._replace(text_ids=longer[0], text_mask=longer[1])
    torch.manual_seed(1)
    taught = asked.teacher(batch)
    assert torch.equal(taught, asked.teacher(batch)) and torch.allclose(taught, asked.teacher(padded), atol=1e-5)


def test_the_teacher_stays_as_it_is_and_is_no_part_of_what_is_trained(tokenizer):
    asked = recipe()
    learner, before = begun(asked)
    batches = by(tokenizer, asked)
    optimizer = build_optimizer(learner, tiny.recipe())
    taught = asked.teacher(batches.sized(batches[0]))
    for number in range(3):
        learner.train()(batches.shown(batches[number])).value.backward()
        optimizer.step()
        optimizer.zero_grad()
    held = dict(asked.teacher.encoders.named_parameters())
    assert held.keys() == {name.removeprefix("backbone.") for name in before}
    assert all(torch.equal(held[name.removeprefix("backbone.")], weight) for name, weight in before.items())
    assert torch.equal(asked.teacher(batches.sized(batches[0])), taught)
    in_optimizer = {id(part) for group in optimizer.param_groups for part in group["params"]}
    assert not in_optimizer & {id(part) for part in held.values()} and not any(part.requires_grad for part in held.values())
    assert {id(part) for part in learner.parameters()} == in_optimizer
    assert not torch.equal(dict(learner.named_parameters())["backbone.image_projection.weight"], before["backbone.image_projection.weight"])


# Parameters


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"recipes.two_stage.alignment.share": 0}, "distillation needs alignment.share above 0"),
        ({"recipes.two_stage.alignment.whole": 0, "recipes.two_stage.alignment.local": 0}, "whole and local are both 0"),
        ({"objectives.mim": 0}, "denoising.weight needs objectives.mim above 0"),
        ({"recipes.two_stage.alignment.share": 1.0}, "share = 1.0: .*allowed: >= 0 and < 1"),
    ],
)
def test_what_cannot_be_trained_is_refused(parameters, changes, message):
    path = parameters.change({"recipe": "two_stage"})
    RecipeMethod.read(path)
    with pytest.raises(ParamsError, match=message):
        RecipeMethod.read(parameters.change(changes))


def test_the_committed_block_is_read(parameters):
    assert TwoStageParams.read(Sources.load(parameters.change({"recipe": "two_stage"}))).alignment.share == 0.2
