import pytest
import torch

from m3ae.model.fusion import Fusion, Read


def streams():
    torch.manual_seed(0)
    return Fusion(16, 4, 2, 0.0).eval(), torch.randn(2, 5, 16), torch.ones(2, 5, dtype=torch.bool), torch.randn(2, 7, 16)


def test_both_streams_read_the_other_one_of_the_layer_before():
    fusion, text, mask, image = streams()
    fused = fusion(text, mask, image, 1)
    assert torch.equal(fused.text, fusion.text_layers[0](text, mask, image, None))
    assert torch.equal(fused.image, fusion.image_layers[0](image, None, text, mask))


def test_depth_counts_layers_and_minus_one_is_all():
    fusion, text, mask, image = streams()
    assert torch.equal(fusion(text, mask, image, 0).text, text)
    assert torch.equal(fusion(text, mask, image, 4).image, fusion(text, mask, image).image)
    assert not torch.equal(fusion(text, mask, image, 3).image, fusion(text, mask, image).image)


def test_padding_is_read_by_neither_stream():
    fusion, text, mask, image = streams()
    mask[:, 3:] = False
    changed = text.clone()
    changed[:, 3:] = 50.0
    before, after = fusion(text, mask, image), fusion(changed, mask, image)
    assert torch.allclose(before.image, after.image) and torch.allclose(before.text[:, :3], after.text[:, :3])


def test_the_pairs_feature_has_the_text_first():
    fusion, text, mask, image = streams()
    fused = fusion(text, mask, image)
    assert torch.equal(fusion.pooled(fused)[:, :16], fusion.text_pooler(fused.text))


@pytest.mark.parametrize(("read", "num_text", "num_image"), [(Read.TEXT, 5, 0), (Read.IMAGE, 0, 7), (Read.POOLED, 1, 1)])
def test_what_is_read_is_the_same_whatever_is_left_out(read, num_text, num_image):
    fusion, text, mask, image = streams()
    whole, part = fusion(text, mask, image), fusion(text, mask, image, read=read)
    assert torch.allclose(part.text, whole.text[:, :num_text], atol=1e-6) and part.text.shape[1] == num_text
    assert torch.allclose(part.image, whole.image[:, :num_image], atol=1e-6) and part.image.shape[1] == num_image


def test_every_image_with_every_text_is_as_the_pairs_are():
    fusion, text, mask, image = streams()
    mask[0, 3:] = False
    grid = fusion(text[None], mask[None], image[:, None], read=Read.POOLED)
    pairs = fusion(text.repeat(2, 1, 1), mask.repeat(2, 1), image.repeat_interleave(2, dim=0), read=Read.POOLED)
    assert torch.allclose(grid.text.flatten(0, 1), pairs.text, atol=1e-6)
    assert torch.allclose(grid.image.flatten(0, 1), pairs.image, atol=1e-6)
    assert torch.allclose(fusion.pooled(grid).flatten(0, 1), fusion.pooled(pairs), atol=1e-6)


def test_an_image_that_stands_once_beside_several_texts_counts_for_each():
    fusion, text, mask, image = streams()
    mask[0, 3:] = False
    once, repeated = (fusion(text, mask, beside, read=Read.POOLED) for beside in (image[:1], image[:1].expand(2, -1, -1)))
    assert torch.allclose(once.text, repeated.text, atol=1e-6) and torch.allclose(once.image, repeated.image, atol=1e-6)
