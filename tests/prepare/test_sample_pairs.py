"""The retrieval task's shards: captions only, and so many pairs to rank."""

from pathlib import Path

import numpy as np
import pytest

from m3ae.prepare.sample_pairs import sample_pairs
from m3ae.releases.record import Split
from m3ae.shards.format import Header, Row
from m3ae.shards.read import open_manifest, open_split
from m3ae.shards.write import ShardWriter, write_absent

NUM_PAIRS = 20


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    """150 train, 10 validation and 100 test rows; every tenth has lost its caption."""
    folder = tmp_path / "roco"
    folder.mkdir()
    with ShardWriter(folder, Header("roco", True, "raw", 2, 64)) as writer:
        for split, count in ((Split.TRAIN, 150), (Split.VALIDATION, 10), (Split.TEST, 100)):
            for number in range(count):
                image = np.full((2, 2, 1), number, np.uint8).tobytes()
                texts, has_caption = [f"caption {number}", "reference"], number % 10 != 0
                writer.write(Row(f"{split}-{number}", str(number), texts, [], "", "", has_caption, image, 2, 2, 1, bytes(64), split))
    return folder


def ids(folder: Path, split: str) -> list[str]:
    rows = open_split(folder, split)
    return [rows.row(number)["id"] for number in range(len(rows))]


def test_train_stays_whole_and_the_others_shrink_to_the_number_of_pairs(shards, tmp_path):
    sample_pairs(shards, tmp_path / "out", "strict", NUM_PAIRS, seed=1)
    sizes = {split: entry["rows"] for split, entry in open_manifest(tmp_path / "out")["splits"].items()}
    assert sizes == {"train": 135, "validation": 9, "test": NUM_PAIRS}


def test_a_rows_only_text_is_its_caption_and_its_image_is_the_same(shards, tmp_path):
    sample_pairs(shards, tmp_path / "out", "strict", NUM_PAIRS, seed=1)
    test = open_split(tmp_path / "out", "test")
    for number in range(len(test)):
        image_id = test.row(number)["image_id"]
        assert test.row(number)["texts"] == [f"caption {image_id}"]
        assert (test.pixels(number) == int(image_id)).all()


def test_a_row_without_a_caption_is_left_out(shards, tmp_path):
    sample_pairs(shards, tmp_path / "out", "strict", NUM_PAIRS, seed=1)
    assert not [name for split in Split for name in ids(tmp_path / "out", split) if name.endswith("0")]


def test_the_papers_protocol_tests_on_the_validation_pairs(shards, tmp_path):
    sample_pairs(shards, tmp_path / "out", "paper", NUM_PAIRS, seed=1)
    assert ids(tmp_path / "out", "test") == ids(tmp_path / "out", "validation") != []


def test_the_pairs_depend_on_the_seed_alone(shards, tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        sample_pairs(shards, tmp_path / name, "strict", NUM_PAIRS, seed)
    contents = [{path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in "abc"]
    assert contents[0] == contents[1]
    assert ids(tmp_path / "a", "test") != ids(tmp_path / "c", "test")


def test_an_absent_release_stays_absent(tmp_path):
    write_absent(tmp_path / "roco", "roco")
    sample_pairs(tmp_path / "roco", tmp_path / "out", "strict", NUM_PAIRS, seed=1)
    assert open_manifest(tmp_path / "out")["found"] is False
