import pytest
import torch
from torch.nn.functional import normalize, one_hot

from m3ae.batches.pairs import StepKeys
from m3ae.batches.synthetic import synthetic_pairs
from m3ae.model.fusion import Fusion
from m3ae.objectives.base import View
from m3ae.objectives.guide import TextGuide
from m3ae.objectives.image_text_contrast import (
    MARKED_TOKEN,
    PADDING,
    TOKEN,
    GlobalContrast,
    Half,
    Halves,
    TokenContrast,
    is_open,
    late_interaction,
    margins,
    same_pairs,
    scores,
)
from tests import tiny

PAIRS, TOKENS, PATCHES, WIDTH, REGION = 8, 6, 16, 32, 4
MODEL = tiny.model(text_tokens=10)
FUSION = Fusion(16, 1, 2, 0.0)


def constructed(caption_of=None):
    """Pairs whose patches 0 to 3 show what token 2, their only entity, names; all else is noise. `caption_of`: whose text each has."""
    generator = torch.Generator().manual_seed(0)
    text, image = (normalize(torch.randn(PAIRS, number, WIDTH, generator=generator), dim=-1) for number in (TOKENS, PATCHES))
    findings = one_hot(torch.arange(PAIRS), WIDTH).float()
    image[:, :REGION] = normalize(findings[:, None] + 0.5 * image[:, :REGION], dim=-1)
    text[:, 2] = findings
    kinds = torch.full((PAIRS, TOKENS), float(TOKEN))
    kinds[:, 2], kinds[:, -1] = MARKED_TOKEN, PADDING
    others = torch.arange(PAIRS) if caption_of is None else caption_of
    return Halves(Half(text[others], kinds), Half(image, torch.full((PAIRS, PATCHES), float(TOKEN))))


def shown(halves, done=1.0):
    """A micro-batch of pairs 2 and 3 of a step of such pairs."""
    batch = synthetic_pairs(2, MODEL, tiny.METHOD, tiny.VOCABULARY)
    return batch._replace(step=StepKeys(2, {TokenContrast.name: halves.joined(10)}, torch.tensor(done)))


def features(pairs=PAIRS, shared=0.0, seed=0):
    generator = torch.Generator().manual_seed(seed)
    drawn = (torch.randn(pairs, number, 16, generator=generator) for number in (TOKENS, 1 + PATCHES))
    return {view: (part + shared).requires_grad_() for view, part in zip((View.TEXT, View.IMAGE), drawn, strict=True)}


def with_keys(objective, views, pairs=PAIRS):
    batch = synthetic_pairs(pairs, MODEL, tiny.METHOD, tiny.VOCABULARY, torch.full((pairs,), TOKENS))
    with torch.no_grad():
        keys = objective.keys(FUSION, views, batch)
    return batch._replace(step=StepKeys(0, {objective.name: keys}, torch.zeros(())))


def contrasts():
    torch.manual_seed(0)
    return [GlobalContrast(MODEL, 8, 0.07), TokenContrast(MODEL, 8, 0.07)]


def test_what_travels_between_processes_comes_back_as_it_was():
    halves = constructed()
    back = Halves.parted(halves.joined(10), PATCHES)
    assert torch.equal(back.text.vectors[:, :TOKENS], halves.text.vectors) and torch.equal(back.text.kinds[:, :TOKENS], halves.text.kinds)
    assert (back.text.kinds[:, TOKENS:] == PADDING).all() and all(map(torch.equal, back.image, halves.image))


def test_padding_changes_no_similarity():
    halves = constructed()
    negative = Half(-halves.image.vectors.abs(), halves.image.kinds)  # every cosine is below the 0 of padding
    positive = Half(halves.text.vectors.abs(), halves.text.kinds)
    padded = Halves.parted(Halves(positive, negative).joined(10), PATCHES)
    for one, other in ((positive, negative), (negative, positive)):
        again = [padded.text if half is positive else padded.image for half in (one, other)]
        torch.testing.assert_close(late_interaction(*again), late_interaction(one, other))
    assert (late_interaction(negative, positive) < 0).all()


def test_tokens_find_the_image_that_shows_what_they_name():
    halves = constructed()
    assert late_interaction(halves.text, halves.image).argmax(dim=1).tolist() == list(range(PAIRS))


def test_the_patches_that_look_like_the_entity_have_the_highest_scores():
    best = scores(constructed()).topk(REGION, dim=1).indices
    assert best.sort(dim=1).values.tolist() == [list(range(REGION))] * PAIRS


def test_scores_differ_where_the_sum_of_a_softmax_over_tokens_cannot():
    halves = constructed()
    attention = (halves.image.vectors @ halves.text.vectors.mT).softmax(dim=2)
    assert torch.allclose(attention.sum(dim=2), torch.ones(PAIRS, PATCHES)) and scores(halves).std(dim=1).min() > 0.1


def test_only_marked_tokens_count_for_scores_and_without_any_nothing_does():
    halves = constructed()
    others = halves.text.vectors.clone()
    others[:, [0, 1, 3, 4, 5]] *= -1
    assert torch.equal(scores(halves), scores(Halves(Half(others, halves.text.kinds), halves.image)))
    unmarked = Halves(Half(halves.text.vectors, halves.text.kinds.clamp(max=TOKEN)), halves.image)
    assert not scores(unmarked).any() and not margins(unmarked).any()


def test_the_gate_opens_for_true_captions_and_not_for_shuffled_or_single_ones():
    assert is_open(margins(constructed()))
    shuffles = (torch.randperm(PAIRS, generator=torch.Generator().manual_seed(seed)) for seed in range(20))
    displaced = [shuffle for shuffle in shuffles if not (shuffle == torch.arange(PAIRS)).any()]
    assert len(displaced) > 4 and not any(is_open(margins(constructed(caption_of))) for caption_of in displaced)
    assert not is_open(torch.tensor([0.5 - 0.5]))


def test_a_gate_of_noise_stays_closed_most_of_the_time():
    generator = torch.Generator().manual_seed(0)
    assert sum(bool(is_open(torch.randn(32, generator=generator))) for _ in range(200)) < 16


def test_the_guide_hides_what_the_caption_names_and_as_much_as_before():
    batch = shown(constructed())
    guided = TextGuide(guided=0.5, hints=0.0, warm_up=0.5)(batch)
    named = guided.patch_order[:, guided.kept.shape[1] :] < REGION
    at_random = batch.patch_order[:, batch.kept.shape[1] :] < REGION
    assert guided.kept.shape == batch.kept.shape and torch.equal(guided.kept, guided.patch_order[:, : batch.kept.shape[1]])
    assert named.sum(dim=1).tolist() == [REGION, REGION] and at_random.sum() < 2 * REGION


@pytest.mark.parametrize(
    ("halves", "done"), [(constructed(), 0.4), (constructed(torch.arange(PAIRS).roll(3)), 1.0)], ids=["warm-up", "shuffled captions"]
)
def test_the_guide_leaves_masks_random_while_it_has_not_learned(halves, done):
    batch = shown(halves, done)
    guided = TextGuide(guided=1.0, hints=0.0, warm_up=0.5)(batch)
    assert torch.equal(guided.patch_order, batch.patch_order) and torch.equal(guided.kept, batch.kept)


@pytest.mark.parametrize("number", [0, 1])
def test_both_halves_and_the_temperature_learn_and_keys_do_not(number):
    objective, views = contrasts()[number], features()
    batch = with_keys(objective, views)
    assert not batch.step.of[objective.name].requires_grad
    objective(FUSION, views, batch).value.backward()
    gradients = [*(view.grad for view in views.values()), objective.scale_bias.grad, *(part.grad for part in objective.parameters())]
    assert all(gradient.abs().sum() > 0 for gradient in gradients)


@pytest.mark.parametrize("number", [0, 1])
def test_features_that_share_much_are_still_told_apart(number):
    objective, views = contrasts()[number], features(shared=30.0)
    assert objective(FUSION, views, with_keys(objective, views)).value > 0.5  # 0 were all others taken for the same pair


@pytest.mark.parametrize("number", [0, 1])
def test_one_image_under_two_captions_is_no_negative_of_either(number):
    objective, views = contrasts()[number], features()
    twice = {View.TEXT: views[View.TEXT], View.IMAGE: views[View.IMAGE][[0, 0, *range(2, PAIRS)]]}
    keys = with_keys(objective, twice).step.of[objective.name]
    if number:
        halves = Halves.parted(keys, PATCHES)
        texts, images = halves.text.vectors.mean(dim=1), halves.image.vectors.mean(dim=1)
    else:
        texts, images = keys.unbind(dim=1)
    same = same_pairs(texts, images, torch.arange(PAIRS))
    assert same.nonzero().tolist() == [[0, 1], [1, 0]]


@pytest.mark.parametrize("number", [0, 1])
def test_shuffled_texts_cost_more_once_the_heads_agree(number):
    objective, views = contrasts()[number], features()
    objective.image_head.load_state_dict(objective.text_head.state_dict())
    alike = {View.TEXT: views[View.TEXT], View.IMAGE: views[View.TEXT][:, :1].expand(-1, 1 + PATCHES, -1)}
    shuffled = {View.TEXT: views[View.TEXT].roll(1, dims=0), View.IMAGE: alike[View.IMAGE]}
    costs = [objective(FUSION, some, with_keys(objective, some)).value.item() for some in (alike, shuffled)]
    assert costs[0] < 0.5 * costs[1]
