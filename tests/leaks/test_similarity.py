"""What an image shows counts; how it is framed, lit and compressed does not."""

import numpy as np
import pytest

from benchmarks.pictures import attacked, scan, stored
from m3ae.leaks.images import NEAR_FROM, SAME_FROM
from m3ae.leaks.regions import glance
from m3ae.leaks.similarity import similarity


def similarity_of(first: np.ndarray, second: np.ndarray) -> float:
    return similarity(glance(first), glance(second))


@pytest.mark.parametrize("seed", range(5))
def test_an_attacked_copy_is_the_same(seed):
    assert similarity_of(stored(scan(seed)), stored(attacked(scan(seed)))) >= SAME_FROM


@pytest.mark.parametrize("seed", range(5))
def test_another_image_is_not(seed):
    assert similarity_of(stored(scan(seed)), stored(scan(seed + 100))) < NEAR_FROM


def test_brightness_contrast_and_colour_do_not_count():
    image = stored(scan(0))
    assert similarity_of(image, (image * 0.5 + 60).astype(np.uint8)) >= SAME_FROM
    assert similarity_of(image, np.repeat(image, 3, axis=2)) >= 0.999


def test_a_changed_detail_does():
    image = stored(scan(0))
    changed = image.copy()
    changed[30:60, 30:60] = 255 - changed[30:60, 30:60]
    assert similarity_of(image, changed) < SAME_FROM


def test_a_mirrored_image_and_a_blank_one_are_like_nothing():
    image, blank = stored(scan(0)), np.zeros((96, 96, 1), np.uint8)
    assert similarity_of(image, image[:, ::-1]) == 0
    assert similarity_of(image, blank) == similarity_of(blank, blank) == 0


def test_a_large_crop_is_not_a_small_change_of_the_frame():
    image = scan(0)
    assert similarity_of(stored(image), stored(image.crop((0, 0, 200, 180)))) == 0


def test_a_copy_that_was_made_small_is_the_same():
    image = stored(scan(0))[..., 0]
    small = np.asarray(scan(0).resize((46, 40)))
    assert similarity(image, small) >= SAME_FROM and similarity(small, image) >= SAME_FROM
    assert similarity(stored(scan(100))[..., 0], small) < NEAR_FROM
