import pytest
import torch

from m3ae.batches.masking import NO_LABEL
from m3ae.model.decoders import PixelDecoder, WordDecoder
from m3ae.objectives.mim import normalised, painted, patches, unpatched


def test_patches_lay_pixels_out_rows_columns_channels():
    images = torch.arange(2 * 3 * 32 * 32.0).reshape(2, 3, 32, 32)
    tokens = patches(images, 8)
    assert tokens[1, 5].reshape(8, 8, 3)[2, 7, 1] == images[1, 1, 8 + 2, 8 + 7]
    assert torch.equal(unpatched(tokens, 8), images)


def test_a_normalised_patch_has_mean_0_and_unbiased_variance_1():
    tokens = normalised(torch.randn(3, 4, 192) * 5 + 2)
    assert torch.allclose(tokens.mean(-1), torch.zeros(3, 4), atol=1e-5) and torch.allclose(tokens.var(-1), torch.ones(3, 4), atol=1e-4)


def test_painting_the_true_target_gives_the_image_back():
    images = torch.rand(2, 3, 32, 32)
    assert torch.allclose(painted(normalised(patches(images, 8)), images, 8), images, atol=1e-5)


def test_a_perfect_reconstruction_has_loss_0_whatever_it_says_of_visible_patches(learner, batch, monkeypatch):
    perfect = normalised(patches(batch.images, 8)).scatter(1, batch.kept[..., None].expand(-1, -1, 192), 99.0)
    monkeypatch.setattr(PixelDecoder, "forward", lambda *_: perfect)
    assert learner(batch, ("mim",)).value.item() == 0


def test_predicting_zero_is_tallied_beside_the_loss(learner, batch, monkeypatch):
    monkeypatch.setattr(PixelDecoder, "forward", lambda *_: torch.zeros(4, 16, 192))
    loss = learner(batch, ("mim",))
    assert loss.tallies[0].tolist() == loss.tallies[1].tolist() and loss.value.item() == pytest.approx(191 / 192, abs=1e-4)


def test_a_perfect_word_prediction_has_loss_0_and_accuracy_1(learner, batch, monkeypatch):
    num_asked = int((batch.word_labels != NO_LABEL).sum())
    assert 0 < num_asked < len(batch.word_labels)  # some places ask for nothing
    logits = torch.nn.functional.one_hot(batch.word_labels.clamp(min=0), 40) * 1e4
    monkeypatch.setattr(WordDecoder, "forward", lambda *_: logits)
    loss = learner(batch, ("mlm",))
    assert loss.value.item() == 0 and loss.tallies[1].tolist() == [num_asked, num_asked]


def test_the_loss_of_words_is_the_mean_over_those_that_are_asked_for(learner, batch, monkeypatch):
    logits = torch.randn(len(batch.word_labels), 40)
    monkeypatch.setattr(WordDecoder, "forward", lambda *_: logits)
    is_asked = batch.word_labels != NO_LABEL
    by_hand = torch.nn.functional.cross_entropy(logits[is_asked], batch.word_labels[is_asked])
    assert learner(batch, ("mlm",)).value.item() == pytest.approx(by_hand.item(), rel=1e-6)


def test_words_are_read_from_the_masked_text_and_pixels_from_the_clean_one(learner, batch):
    other = batch._replace(text_ids=batch.text_ids.flip(0))
    assert learner(other, ("mlm",)).value == learner(batch, ("mlm",)).value
    assert learner(other, ("mim",)).value != learner(batch, ("mim",)).value


def test_matching_shows_the_other_image_where_the_label_is_0(learner, batch):
    mismatched = batch._replace(matches=torch.zeros_like(batch.matches))
    by_hand = batch.with_other_images()._replace(matches=torch.ones_like(batch.matches))
    matched = batch._replace(matches=torch.ones_like(batch.matches))
    assert torch.allclose(scores(learner, mismatched), scores(learner, by_hand), atol=1e-6)
    assert not torch.allclose(scores(learner, mismatched), scores(learner, matched), atol=1e-4)


def test_matching_may_show_images_from_outside_the_batch(learner, batch):
    elsewhere = torch.randn(2, 3, 32, 32)
    given = batch._replace(matches=torch.tensor([0, 1, 0, 1]), other_image=torch.tensor([4, 0, 5, 0]), negatives=elsewhere)
    images = batch.images.clone()
    images[[0, 2]] = elsewhere
    by_hand = batch._replace(matches=torch.ones(4, dtype=torch.long), images=images)
    assert torch.allclose(scores(learner, given), scores(learner, by_hand), atol=1e-6)
    assert learner(given, ("mlm",)).value == learner(batch, ("mlm",)).value


def scores(learner, batch):
    captured = []
    hook = learner.objectives["itm"].head.register_forward_hook(lambda *call: captured.append(call[2]))
    learner(batch, ("itm",))
    hook.remove()
    return captured[0]
