"""Perturbed rows of real shards: what is drawn belongs to the image and the text, not to the row or the process."""

import pickle

import numpy as np
import pytest

from m3ae.disk.folders import new_folder
from m3ae.perturb.grid import FULL, GRIDS, SHARES, SMALL, Condition
from m3ae.perturb.shards import PerturbedShards, missing
from m3ae.shards.format import Header, Row
from m3ae.shards.pixels import encoded
from m3ae.shards.read import open_split
from m3ae.shards.write import ShardWriter

IMAGE = np.random.default_rng(0).integers(30, 220, (32, 32, 1), np.uint8)
ROWS = [("q0", "a", "what is seen here"), ("q1", "a", "which organ is shown"), ("q2", "b", "what is seen here")]


@pytest.fixture
def clean(tmp_path):
    with new_folder(tmp_path / "shards") as partial, ShardWriter(partial, Header("vqa_rad", True, "raw", 32, 10)) as shards:
        for name, image, text in ROWS:
            shards.write(Row(name, image, [text], ["lung"], "open", "CC0", True, encoded(IMAGE, "raw"), 32, 32, 1, bytes(64), "test"))
    return open_split(tmp_path / "shards", "test")


def test_an_images_rows_show_it_spoilt_alike_and_another_images_do_not(clean):
    spoilt = PerturbedShards(clean, Condition("gaussian_noise", 3))
    assert np.array_equal(spoilt.pixels(0), spoilt.pixels(1)) and not np.array_equal(spoilt.pixels(0), spoilt.pixels(2))
    assert spoilt.row(0) == clean.row(0)


def test_equal_texts_stay_equal_and_nothing_else_of_a_row_changes(clean):
    spoilt = PerturbedShards(clean, Condition("keyboard", 3))
    assert spoilt.row(0)["texts"] == spoilt.row(2)["texts"] != clean.row(0)["texts"]
    assert spoilt.row(0) | {"texts": []} == clean.row(0) | {"texts": []} and np.array_equal(spoilt.pixels(0), IMAGE)


def test_another_severity_is_another_draw_and_a_copy_in_another_process_the_same(clean):
    spoilt = PerturbedShards(clean, Condition("gaussian_noise", 3), frozenset(["seen"]))
    copy = pickle.loads(pickle.dumps(spoilt))
    assert np.array_equal(copy.pixels(0), spoilt.pixels(0)) and copy.protected == spoilt.protected
    assert not np.array_equal(PerturbedShards(clean, Condition("gaussian_noise", 2)).pixels(0), spoilt.pixels(0))


def test_a_missing_image_is_grey_and_a_missing_text_empty(clean):
    assert set(PerturbedShards(clean, Condition("missing_image", 100)).pixels(0).ravel()) == {128}
    assert PerturbedShards(clean, Condition("missing_text", 100)).row(0)["texts"] == [""]


def test_a_share_of_the_rows_misses_a_half_and_keeps_missing_it_at_higher_shares():
    names = [f"row {number}" for number in range(8000)]
    found = [{name for name in names if missing(name, Condition("missing_image", share))} for share in SHARES]
    assert [len(rows) / 80 for rows in found] == pytest.approx(SHARES, abs=2)
    assert all(fewer <= more for fewer, more in zip(found, found[1:], strict=False))
    halves = [missing(name, Condition("missing_either", 70)) for name in names]
    assert halves.count("image") / 80 == pytest.approx(35, abs=2) and halves.count("text") / 80 == pytest.approx(35, abs=2)


def test_the_grids_name_each_condition_once_and_the_small_one_is_part_of_the_full_one():
    assert len(set(FULL)) == len(FULL) == 137 and set(SMALL) < set(FULL)
    assert {condition.family for condition in SMALL} == {"image", "text", "missing"} and GRIDS["none"].conditions == ()
