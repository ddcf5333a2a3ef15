import pytest
import torch

from m3ae.batches.masking import NO_LABEL
from m3ae.batches.tokenizer import Tokenizer, train
from m3ae.objectives.build import pretraining_learner
from m3ae.objectives.consistency import SPOILT, WITHOUT, compare
from m3ae.recipes.params import RobustMMRParams
from m3ae.recipes.robust_mmr import RobustMMR
from m3ae.recipes.spoiling import changed_spans
from tests import tiny
from tests.batches.test_batches import TEXTS, pairs

OFF = {"spoilt": {"image": 0, "text": 0, "both": 0}, "consistency": 0, "resilience": 0}
SETTINGS = {
    "spoilt": {"image": 0, "text": 0, "both": 1},
    "most_severe": 5,
    "less_hidden": {"image": 0.25, "text": 0.05},
    "more_hidden": {"image": 0, "text": 0.05},
    "consistency": 0.3,
    "resilience": 0.2,
    "form": "infonce",
    "temperature": 0.2,
}


def recipe(**changed) -> RobustMMR:
    return RobustMMR(RobustMMRParams(**SETTINGS | changed))


@pytest.fixture
def plain():
    return pairs(Tokenizer(train(TEXTS * 3, 300)))


def by(plain, recipe):
    """The same pairs as a recipe shows them."""
    again = pairs(plain.tokenizer)
    object.__setattr__(again.view, "beside", recipe.beside)
    return again


def learner(recipe):
    model = tiny.model(dropout=0.1).model_copy(update={"image_px": 16, "patch_px": 8})
    return pretraining_learner(tiny.config(model, 300), tiny.ALL_ON | recipe.weights(), seed=0, added=recipe.added())


def loss_of(learner, batch):
    torch.manual_seed(5)
    loss = learner.train()(batch)
    loss.value.backward()
    return loss, {name: part.grad for name, part in learner.named_parameters()}, torch.get_rng_state()


def test_with_weights_and_shares_of_0_it_is_plain_m3ae_to_the_bit(plain):
    off = recipe(**OFF)
    model = tiny.model(dropout=0.1).model_copy(update={"image_px": 16, "patch_px": 8})
    m3ae = pretraining_learner(tiny.config(model, 300), tiny.ALL_ON, seed=0)
    one, gradients, state = loss_of(m3ae, plain.shown(plain[1]))
    other, its_gradients, its_state = loss_of(learner(off), plain.shown(by(plain, off)[1]))
    assert torch.equal(one.value, other.value) and torch.equal(one.tallies, other.tallies) and torch.equal(state, its_state)
    assert gradients.keys() == its_gradients.keys()
    assert all(torch.equal(gradients[name], its_gradients[name]) for name in gradients if gradients[name] is not None)


def test_what_m3ae_draws_of_a_micro_batch_does_not_depend_on_the_recipe(plain):
    shown = by(plain, recipe())[1]
    assert shown.beside and all(torch.equal(a, b) for a, b in zip(plain[1], shown, strict=True) if isinstance(a, torch.Tensor))


def test_pixels_are_spoilt_and_those_to_be_reconstructed_clean(plain):
    several = by(plain, recipe())
    batches = [several.shown(several[number]) for number in range(12)]
    assert any(not torch.equal(batch.beside[SPOILT].images, batch.images) for batch in batches)
    assert all(torch.equal(batch.beside[SPOILT].targets, batch.images) for batch in batches)


def test_words_are_misspelt_and_those_that_are_asked_for_are_not(plain):
    several = by(plain, recipe())
    texts = {int(token) for number in range(12) for token in plain[number].text_ids.flatten()}
    spoilt = [several[number].beside[SPOILT] for number in range(12)]
    assert any(int(token) not in texts for batch in spoilt for token in batch.text_ids.flatten())
    assert {int(label) for batch in spoilt for label in batch.word_labels if label != NO_LABEL} <= texts


def test_less_is_hidden_of_a_spoilt_half_and_more_beside_one(plain):
    robust = recipe()
    assert robust.hidden_share(0.75, "image", own=5, other=0) == pytest.approx(0.5)
    assert robust.hidden_share(0.75, "image", own=1, other=0) == pytest.approx(0.7)
    assert robust.hidden_share(0.15, "text", own=0, other=5) == pytest.approx(0.2)
    assert robust.hidden_share(0.15, "text", own=0, other=0) == 0.15
    spoilt = [by(plain, robust)[number].beside[SPOILT].kept.shape[1] for number in range(12)]
    assert min(spoilt) >= plain[0].kept.shape[1] and max(spoilt) > plain[0].kept.shape[1]


def test_a_micro_batch_is_a_function_of_its_number(plain):
    one, again = by(plain, recipe()), by(plain, recipe())
    again[5]
    same = zip(one[2].beside[SPOILT], again[2].beside[SPOILT], strict=True)
    assert all(torch.equal(a, b) for a, b in same if isinstance(a, torch.Tensor))
    assert not torch.equal(one[2].beside[SPOILT].images, one[7].beside[SPOILT].images)


def test_without_its_halves_a_pair_shows_no_word_and_no_pixel(plain):
    batch = by(plain, recipe())[1]
    missing = batch.beside[WITHOUT]
    assert missing.images.unique().tolist() == [128]
    assert set(missing.text_ids.unique().tolist()) <= {plain.tokenizer.mask_id, *plain.tokenizer.fast.all_special_ids}


def test_the_clean_pair_gets_no_gradient(plain):
    robust = recipe()
    batch, model = plain.shown(by(plain, robust)[1]), learner(robust)
    keys = model(batch, ("consistency",), ahead=True)["consistency"]
    assert not keys.requires_grad
    assert model(batch, ("consistency",)).value.requires_grad


def test_vectors_that_share_much_satisfy_the_cosine_form_from_the_start_and_not_infonce():
    generator = torch.Generator().manual_seed(0)
    keys, noise = (torch.randn(32, 8, generator=generator) for _ in range(2))
    (trivial, _), (losses, _) = (compare(noise + keys + 50, keys + 50, torch.arange(32), form, 0.2) for form in ("cosine", "infonce"))
    assert trivial.mean() < 0.01 and losses.mean() > 0.1


def test_in_evaluation_m3ae_s_objectives_read_clean_pairs(plain):
    robust = recipe()
    batch, model = plain.shown(by(plain, robust)[1]), learner(robust)
    names = ("mlm", "mim", "itm")
    assert torch.equal(model.eval()(batch, names).tallies, model(batch._replace(beside=None), names).tallies)
    assert not torch.equal(model.train()(batch, ("mim",)).tallies, model(batch._replace(beside=None), ("mim",)).tallies)


def test_as_plain_augmentation_it_adds_no_objective(plain):
    control = recipe(consistency=0, resilience=0)
    assert control.weights() == {} and len(by(plain, control)[1].beside) == 1


def test_changed_words_are_found_by_their_characters():
    assert changed_spans("a  large mass", "a lagre mass") == [(2, 7)]
