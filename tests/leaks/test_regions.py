"""What a copy may consist of is found in what was put around it."""

import imagehash
import numpy as np
import pytest
from PIL import Image, ImageDraw

from benchmarks.pictures import framed, scan
from m3ae.leaks import regions as module
from m3ae.leaks.regions import GLANCE_PX, HASH_SIDE, SMALLEST_PX, Box, bright, glance, perceptual_hash, regions, structured
from m3ae.prepare import fingerprint


def grey(image: Image.Image, channels: int = 1) -> np.ndarray:
    return np.repeat(np.asarray(image)[..., None], channels, axis=2)


def overlap(first: Box, second: Box) -> float:
    """Intersection over union."""
    across, down = (min(first[side + 2], second[side + 2]) - max(first[side], second[side]) for side in (0, 1))
    area = max(0, across) * max(0, down)
    return area / (sum((box.right - box.left) * (box.bottom - box.top) for box in (first, second)) - area)


@pytest.mark.parametrize("ground", [0, 40, 255])
@pytest.mark.parametrize("seed", range(3))
def test_a_picture_is_found_on_a_plain_ground(seed, ground):
    canvas = glance(grey(framed(scan(seed), ground)))
    scale = canvas.shape[1] / 480
    assert overlap(structured(canvas), Box(*(round(scale * side) for side in (80, 70, 400, 350)))) > 0.9


def test_a_caption_a_frame_and_a_mark_are_other_parts():
    canvas = framed(scan(0), 0)
    draw = ImageDraw.Draw(canvas)
    draw.rectangle((20, 20, 460, 400), outline=200, width=3)
    draw.text((100, 375), "Source: an archive of images", fill=255)
    draw.text((350, 40), "ARCHIVE", fill=255)
    plain = structured(glance(grey(framed(scan(0), 0))))
    assert overlap(structured(glance(grey(canvas))), plain) > 0.95


def test_what_stands_out_is_bright_on_black_and_dark_on_white():
    disc = Image.new("L", (300, 300), 0)
    ImageDraw.Draw(disc).ellipse((60, 60, 240, 240), fill=200)
    box = bright(glance(grey(disc)))
    assert overlap(box, Box(19, 19, 77, 77)) > 0.9
    assert bright(glance(255 - grey(disc))) == box


@pytest.mark.parametrize("image", [np.zeros((96, 120), np.uint8), np.full((96, 96), 255, np.uint8), np.zeros((1, 1), np.uint8)])
def test_a_blank_image_is_whole(image):
    height, width = image.shape
    assert structured(image) == bright(image) == Box(0, 0, width, height)


def test_a_small_part_is_not_a_picture():
    image = np.zeros((96, 96), np.uint8)
    image[40 : 40 + SMALLEST_PX - 4, 40 : 40 + SMALLEST_PX - 4] = np.indices((SMALLEST_PX - 4,) * 2).sum(axis=0) % 2 * 255
    assert structured(image) == Box(0, 0, 96, 96)


def test_every_region_lies_in_the_image_and_the_whole_is_first():
    image = glance(grey(framed(scan(1), 255)))
    height, width = image.shape
    found = regions(image)
    assert found[0] == Box(0, 0, width, height)
    for box in found:
        assert 0 <= box.left < box.right <= width and 0 <= box.top < box.bottom <= height
        assert box.of(image).shape == (box.bottom - box.top, box.right - box.left)


def test_a_glance_is_grey_small_and_never_larger_than_the_image():
    assert glance(grey(scan(0), 3)).shape == (GLANCE_PX, round(GLANCE_PX * 320 / 280))
    assert glance(grey(scan(0))[:50]).shape == (50, 320)
    assert np.array_equal(glance(grey(scan(0), 3)), glance(grey(scan(0))))


@pytest.mark.parametrize("seed", range(5))
def test_the_hash_is_imagehashs_but_for_a_few_bits(seed):
    image = glance(grey(scan(seed)))
    bits = np.unpackbits(perceptual_hash(image))
    assert (bits != imagehash.phash(Image.fromarray(image), HASH_SIDE).hash.ravel()).sum() <= 12


def test_the_centre_is_the_part_whose_hash_is_stored():
    assert (module.CROPPED, module.HASH_SIDE) == (fingerprint.CROPPED, fingerprint.HASH_SIDE)
