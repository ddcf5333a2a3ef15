from types import SimpleNamespace

import pytest
import torch

from m3ae.batches.masking import NO_LABEL
from m3ae.batches.pairs import StepKeys
from m3ae.batches.tokenizer import Tokenizer, train
from m3ae.objectives.build import pretraining_learner
from m3ae.objectives.image_text_contrast import MARKED, TokenContrast
from m3ae.pretrain.stage import without_added
from m3ae.recipes.params import XLIPParams
from m3ae.recipes.xlip import XLIP, hidden_by_m3ae
from tests import tiny
from tests.batches.test_batches import TEXTS, pairs

OFF = {"global_contrast": 0, "token_contrast": 0, "guided_masks": {"share": 0, "hints": 0, "warm_up": 0}}
ENTITIES = {"masked": 1, "lexicon": "mined", "most_terms": 20}
NO_ENTITIES = ENTITIES | {"masked": 0}
SETTINGS = {
    "global_contrast": 1.0,
    "token_contrast": 0.5,
    "width": 8,
    "temperature": 0.07,
    "guided_masks": {"share": 1, "hints": 0, "warm_up": 0.5},
    "entities": ENTITIES,
}
MODEL = tiny.model(dropout=0.1, text_tokens=12).model_copy(update={"image_px": 16, "patch_px": 8})
M3AE = ("mlm", "mim", "itm")


def params(**changed) -> XLIPParams:
    return XLIPParams(**SETTINGS | changed)


@pytest.fixture
def lexicon(tmp_path):
    path = tmp_path / "terms.txt"
    path.write_text("left mass\nchest\ncysts\n")
    return {"lexicon": str(path)}


@pytest.fixture
def plain():
    return pairs(Tokenizer(train(TEXTS * 3, 300)))


def by(plain, recipe):
    """The same pairs as a recipe shows them."""
    again = pairs(plain.tokenizer)
    recipe.learn(again)
    object.__setattr__(again.view, "beside", recipe.beside)
    return again


def learner(recipe):
    return pretraining_learner(tiny.config(MODEL, 300), tiny.ALL_ON | recipe.weights(), seed=0, added=recipe.added())


def m3ae():
    return pretraining_learner(tiny.config(MODEL, 300), tiny.ALL_ON, seed=0)


def loss_of(learner, batch, names=()):
    torch.manual_seed(5)
    loss = learner.train()(batch, names)
    loss.value.backward()
    return loss, {name: part.grad for name, part in learner.named_parameters()}, torch.get_rng_state()


def said(plain, ids):
    return plain.tokenizer.fast.decode(ids)


def test_with_weights_and_shares_of_0_it_is_plain_m3ae_to_the_bit(plain):
    off = XLIP(params(**OFF, entities=NO_ENTITIES))
    shown = by(plain, off)[1]
    assert shown.beside is None
    one, gradients, state = loss_of(m3ae(), plain.shown(plain[1]))
    other, its_gradients, its_state = loss_of(learner(off), plain.shown(shown))
    assert torch.equal(one.value, other.value) and torch.equal(one.tallies, other.tallies) and torch.equal(state, its_state)
    assert gradients.keys() == its_gradients.keys()
    assert all(torch.equal(gradients[name], its_gradients[name]) for name in gradients if gradients[name] is not None)


def test_contrast_alone_leaves_m3ae_s_losses_as_they_are_to_the_bit(plain):
    contrast = XLIP(params(guided_masks=OFF["guided_masks"], entities=NO_ENTITIES))
    model, batch = learner(contrast), plain.shown(by(plain, contrast)[1])
    step = StepKeys(0, model.eval()(batch, tuple(contrast.weights()), ahead=True), torch.zeros(()))
    one, _, _ = loss_of(m3ae(), plain.shown(plain[1]))
    other, _, _ = loss_of(model, batch._replace(step=step))
    assert torch.equal(one.tallies, other.tallies[: len(one.tallies)]) and len(other.tallies) > len(one.tallies)


def test_what_m3ae_draws_of_a_micro_batch_does_not_depend_on_the_recipe(plain):
    shown = by(plain, XLIP(params()))[1]
    assert shown.beside and all(torch.equal(a, b) for a, b in zip(plain[1], shown, strict=True) if isinstance(a, torch.Tensor))


def test_entities_are_masked_as_whole_terms_and_texts_without_any_as_m3ae_does(plain, lexicon):
    xlip = XLIP(params(entities=ENTITIES | lexicon))
    several, asked = by(plain, xlip), set()
    for number in range(12):
        batch = several[number]
        hidden, m3aes = hidden_by_m3ae(batch.beside[MARKED]), hidden_by_m3ae(batch)
        for row, ids in enumerate(batch.text_ids):
            text, words = said(plain, ids), said(plain, ids[hidden[row]]).strip()
            asked.add(words)
            if not any(term in text for term in ("left mass", "chest", "cysts")):
                assert torch.equal(hidden[row], m3aes[row])
    assert {"left mass", "chest", "cysts"} <= asked


def test_labels_are_the_masked_entities_and_the_count_is_theirs(plain, lexicon):
    batch = by(plain, XLIP(params(entities=ENTITIES | lexicon)))[3].beside[MARKED]
    is_asked = batch.word_labels != NO_LABEL
    assert torch.equal(batch.word_labels[is_asked], batch.text_ids.flatten()[batch.word_places[is_asked]])
    assert batch.num_asked == is_asked.sum()


def test_marked_are_the_entities_or_every_word_where_there_is_none(plain, lexicon):
    several = by(plain, XLIP(params(entities=ENTITIES | lexicon | {"masked": 0})))
    found = {}
    for number in range(12):
        batch = several[number]
        for ids, marked in zip(batch.text_ids, batch.beside[MARKED].marked, strict=True):
            text = said(plain, ids[~plain.tokenizer.is_special[ids]]).strip()
            found[text] = said(plain, ids[marked]).strip()
    assert found["large left mass"] == "left mass" and found["coronal mri of the brain"] == "coronal mri of the brain"


def test_entities_are_masked_in_training_and_validation_reads_what_m3ae_draws(plain, lexicon):
    xlip = XLIP(params(entities=ENTITIES | lexicon))
    several, model = by(plain, xlip), learner(xlip)
    batches = [several.shown(several[number]) for number in range(6)]
    for batch in batches:
        assert torch.equal(model.eval()(batch, M3AE).tallies, model(batch._replace(beside=None), M3AE).tallies)
    redrawn = [xlip.redrawn(batch._replace(step=step_of(model, batch, 0.0))) for batch in batches]
    assert any(not torch.equal(one.word_places, other.word_places) for one, other in zip(batches, redrawn, strict=True))


def step_of(model, batch, done):
    return StepKeys(0, model.eval()(batch, (TokenContrast.name,), ahead=True), torch.tensor(done))


def test_masks_are_redrawn_in_training_after_the_warm_up_if_the_gate_is_open(plain, monkeypatch):
    xlip = XLIP(params(entities=NO_ENTITIES))
    batch, model = plain.shown(by(plain, xlip)[1]), learner(xlip)
    monkeypatch.setattr("m3ae.objectives.guide.is_open", lambda margin: margin.new_ones((), dtype=torch.bool))
    late, early = (batch._replace(step=step_of(model, batch, done)) for done in (0.6, 0.4))
    plainly = loss_of(model, batch._replace(beside=None), ("mim",))[0].tallies
    assert not torch.equal(loss_of(model, late, ("mim",))[0].tallies, plainly)
    assert torch.equal(loss_of(model, early, ("mim",))[0].tallies, plainly)
    assert torch.equal(xlip.redrawn(late).masked_ids, batch.masked_ids) and xlip.redrawn(late).kept.shape == batch.kept.shape


def test_a_lexicon_is_mined_from_texts_all_over_the_training_split(monkeypatch):
    texts = ["a cyst", "a cyst", "a mass", "a mass", "no finding"] * 4
    split = SimpleNamespace(samples=range(20), text=texts.__getitem__)
    whole, again, some = (XLIP(params()) for _ in range(3))
    for recipe in (whole, again):
        recipe.learn(split)
    monkeypatch.setattr("m3ae.recipes.xlip.NUM_MINED", 4)  # every fifth: "a cyst" alone
    some.learn(split)
    assert whole.lexicon.terms == again.lexicon.terms == {("cyst",), ("mass",), ("finding",)} and not some.lexicon.terms


def test_a_micro_batch_is_a_function_of_its_number(plain):
    one, again = by(plain, XLIP(params(entities=ENTITIES | {"masked": 0.5}))), by(plain, XLIP(params(entities=ENTITIES | {"masked": 0.5})))
    again[5]
    same = zip(one[2].beside[MARKED], again[2].beside[MARKED], strict=True)
    assert all(torch.equal(a, b) for a, b in same if isinstance(a, torch.Tensor))


def test_guided_masks_without_what_guides_them_are_refused():
    with pytest.raises(ValueError, match="token_contrast above 0"):
        params(token_contrast=0)


def test_what_is_saved_is_m3ae_s_alone(plain):
    weights, config = dict(learner(XLIP(params())).named_parameters()), tiny.config(MODEL, 300)
    assert weights.keys() > without_added(weights, config).keys() == dict(m3ae().named_parameters()).keys()
