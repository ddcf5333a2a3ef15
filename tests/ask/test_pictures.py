import numpy as np
import pytest
from PIL import Image

from m3ae.ask.attend import attend
from m3ae.ask.opened import AskError
from m3ae.ask.pictures import draw_attention, draw_reconstructions
from m3ae.ask.reconstruct import HIDDEN_LEVEL, reconstruct


def test_what_was_seen_is_shown_and_the_rest_is_grey(pretrained, images):
    [half, most] = reconstruct(pretrained, images[0], "", [0.5, 0.75], seed=0)
    for row, hidden in ((half, 8), (most, 12)):
        is_grey = (row.seen == HIDDEN_LEVEL).all(axis=-1).reshape(4, 8, 4, 8).all(axis=(1, 3))
        assert is_grey.sum() == hidden
        kept = np.repeat(np.repeat(~is_grey, 8, axis=0), 8, axis=1)
        assert (row.seen[kept] == row.original[kept]).all() and (row.reconstructed[kept] == row.original[kept]).all()
    assert (half.seen == HIDDEN_LEVEL).sum() < (most.seen == HIDDEN_LEVEL).sum()


def test_the_error_is_the_mean_difference_where_patches_were_hidden(pretrained, images):
    [row] = reconstruct(pretrained, images[0], "no lesion", [0.75], seed=1)
    difference = np.abs(row.reconstructed.astype(float) - row.original).sum() / (12 * 64 * 3)
    assert row.error == pytest.approx(difference)


def test_the_loss_is_that_of_a_model_that_predicts_zero_where_it_does(pretrained, images):
    last = pretrained.learner.objectives["mim"].decoder
    [row] = reconstruct(pretrained, images[0], "", [0.5], seed=0)
    for weights in list(last.parameters())[-2:]:
        weights.data.zero_()  # of the layer that makes pixels
    [nothing] = reconstruct(pretrained, images[0], "", [0.5], seed=0)
    assert nothing.loss == pytest.approx(191 / 192, abs=1e-4) and row.loss != nothing.loss  # 8 * 8 * 3 pixels of unbiased variance 1


@pytest.mark.parametrize("ratio", [0.0, 0.99])
def test_a_ratio_that_hides_no_patch_or_all_is_refused(pretrained, images, ratio):
    with pytest.raises(AskError, match=f"mask ratio {ratio:g}: hides"):
        reconstruct(pretrained, images[0], "", [ratio], seed=0)


def test_a_fine_tuned_model_reconstructs_nothing(answering, images):
    with pytest.raises(AskError, match="cannot reconstruct images; give one that is pre-trained"):
        reconstruct(answering, images[0], "", [0.5], seed=0)


def test_every_word_has_a_map_that_sums_to_one(answering, images):
    found = attend(answering, images[0], "A mass.", layer=-1)
    assert [word.word for word in found.words] == ["a", "mass"]
    assert all(word.weights.shape == (4, 4) and word.weights.sum() == pytest.approx(1, abs=1e-5) for word in found.words)
    assert not np.allclose(found.words[0].weights, attend(answering, images[0], "A mass.", layer=1).words[0].weights)


@pytest.mark.parametrize(("text", "layer", "reason"), [("...", -1, "holds no word"), ("a mass", 5, "layers 1 to 4")])
def test_what_has_no_map_is_refused(answering, images, text, layer, reason):
    with pytest.raises(AskError, match=reason):
        attend(answering, images[0], text, layer)


def test_pictures_are_the_same_bytes_each_time(pretrained, images, tmp_path):
    for name in ("a.png", "b.png"):
        draw_reconstructions(reconstruct(pretrained, images[0], "", [0.75], seed=0), "model", tmp_path / "reconstructed" / name)
        draw_attention(attend(pretrained, images[0], "a mass", -1), "a mass", "model", tmp_path / "attention" / name)
    for folder in ("reconstructed", "attention"):
        first, second = (tmp_path / folder / name for name in ("a.png", "b.png"))
        assert first.read_bytes() == second.read_bytes()
        with Image.open(first) as picture:
            assert min(picture.size) > 300
