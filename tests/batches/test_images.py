import numpy as np
import pytest
import torch
from PIL import Image

from m3ae.batches.images import CLIP_MEAN, CLIP_STD, Crop, shown, stacked, to_pixels, to_tensor


def test_the_centre_is_cropped_and_normalised_as_clip_does():
    pixels = np.zeros((8, 12, 1), np.uint8)
    pixels[:, 2:10] = 255
    tensor = to_tensor(pixels, 8)
    assert tensor.shape == (3, 8, 8)
    for channel in range(3):
        assert torch.allclose(tensor[channel], torch.tensor((1 - CLIP_MEAN[channel]) / CLIP_STD[channel]))


def test_grey_and_its_colour_copy_are_the_same_image():
    grey = np.random.default_rng(0).integers(0, 256, (20, 20, 1), np.uint8)
    assert torch.equal(to_tensor(grey, 16), to_tensor(grey.repeat(3, axis=2), 16))


def test_pictures_come_back_from_tensors():
    pixels = np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8)
    assert (to_pixels(to_tensor(pixels, 16)[None])[0] == pixels).all()


def test_no_augmentation_is_the_centre_crop_and_a_seed_fixes_the_rest():
    pixels = np.random.default_rng(0).integers(0, 256, (40, 50, 1), np.uint8)
    assert torch.equal(Crop(16, 1.0, 0)(pixels, torch.Generator()), to_tensor(pixels, 16))
    crops = [Crop(16, 0.5, 0)(pixels, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)]
    assert torch.equal(crops[0], crops[1]) and not torch.equal(crops[0], crops[2])


def test_a_stretched_crop_takes_from_the_whole_image_and_is_a_function_of_its_generator():
    pixels = np.zeros((24, 40, 1), np.uint8)
    pixels[:, 36:] = 255  # outside the centre square
    crop = Crop(16, 0.9, 0, is_stretched=True)
    first, again, other = (crop(pixels, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2))
    assert first.shape == (3, 16, 16) and torch.equal(first, again)
    crops = [crop.stretched(pixels, torch.Generator().manual_seed(seed)) for seed in range(50)]
    assert all(part.shape[0] * 3 <= part.shape[1] * 4 + 4 and part.shape[1] * 3 <= part.shape[0] * 4 + 4 for part in crops)
    assert max(part.shape[1] for part in crops) > 24


def test_a_stretched_crop_leaves_the_global_random_state_alone():
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    Crop(16, 0.9, 0, is_stretched=True)(np.zeros((20, 20, 1), np.uint8), torch.Generator().manual_seed(1))
    assert torch.equal(torch.rand(1), expected)


@pytest.mark.parametrize("channels", [1, 3])
def test_normalising_in_place_gives_the_bits_of_the_formula(channels):
    pixels = np.random.default_rng(0).integers(0, 256, (32, 40, channels), np.uint8)
    kept = pixels.copy()
    levels = torch.tensor(pixels[:, 4:36]).permute(2, 0, 1).expand(3, -1, -1).float() / 255
    expected = (levels - torch.tensor(CLIP_MEAN)[:, None, None]) / torch.tensor(CLIP_STD)[:, None, None]
    assert torch.equal(to_tensor(pixels, 32), expected)
    assert np.array_equal(pixels, kept)


def test_a_batch_of_squares_is_shown_as_each_picture_alone():
    random = np.random.default_rng(0)
    pictures = [random.integers(0, 256, shape, np.uint8) for shape in ((24, 30, 1), (40, 24, 3), (24, 24, 1))]
    assert torch.equal(shown(stacked(pictures), 24), torch.stack([to_tensor(pixels, 24) for pixels in pictures]))
    assert stacked(pictures[::2]).shape == (2, 1, 24, 24)  # grey stays one channel until it is on the device


@pytest.mark.parametrize(("stored", "read"), [(384, 288), (100, 37), (40, 64)])
def test_squares_are_resized_as_pillow_does_but_for_a_level(stored, read):
    coarse = np.random.default_rng(0).integers(0, 256, (stored // 5, stored // 5, 3), np.uint8)  # with edges that overshoot
    pixels = np.asarray(Image.fromarray(coarse).resize((stored, stored), Image.Resampling.BILINEAR))
    by_pillow, by_us = to_pixels(to_tensor(pixels, read)[None]), to_pixels(shown(stacked([pixels]), read))
    changed = np.abs(by_pillow.astype(int) - by_us)
    assert changed.max() <= 1 and changed.mean() < 0.002
