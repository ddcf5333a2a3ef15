"""A release in pieces: whoever makes them, and however often they are begun, the bytes are the same."""

import json
import os

import pytest

from m3ae.disk.folders import DiskError
from m3ae.prepare import partitions as module
from m3ae.prepare.partitions import EVERYTHING, Share, ShareError, is_complete
from m3ae.prepare.release import prepare_share
from m3ae.releases.inventory import take_inventory
from m3ae.shards.read import open_split
from tests.prepare.test_release import choices, digests, run, state_of, with_images

NAME = "vqa_rad"  # four rows, two a partition


@pytest.fixture
def release(tmp_path):
    return with_images(NAME, tmp_path)


def share(release, share: Share, **changed) -> int:
    made = choices(**changed)
    return prepare_share(NAME, release, take_inventory(release), made, 1, share, state_of(NAME, release, made))


def test_a_partition_is_a_file_a_split_and_its_rows_keep_their_order(tmp_path):
    release = with_images("roco", tmp_path)
    run("roco", release, tmp_path / "whole", min_words=1, rows_per_shard=100)
    run("roco", release, tmp_path / "out", min_words=1, rows_per_shard=1)
    names = sorted(path.name for path in (tmp_path / "out").glob("*.arrow"))
    assert names == ["test-00004.arrow", "train-00000.arrow", "train-00001.arrow", "validation-00003.arrow"]  # 00002 has no image
    for split in ("train", "validation", "test"):
        whole, parts = (open_split(tmp_path / name, split) for name in ("whole", "out"))
        assert [parts.row(number) for number in range(len(parts))] == [whole.row(number) for number in range(len(whole))]


def test_finished_partitions_are_not_made_again(release, tmp_path, monkeypatch):
    assert share(release, EVERYTHING) == 2
    monkeypatch.setattr(module.PartitionWriter, "write", lambda *_: pytest.fail("made again"))
    assert run(NAME, release, tmp_path / "out")["kept"] == 4


def test_what_is_done_leaves_no_state(release, tmp_path, state_root):
    run(NAME, release, tmp_path / "out")
    assert not state_root.exists()


@pytest.mark.parametrize("name", ["train-00000.arrow", "manifest.json", "dropped.json", "complete.json"])
@pytest.mark.parametrize("damage", ["cut", "flipped", "missing"])
def test_a_damaged_partition_is_not_accepted_and_is_made_again(release, tmp_path, state_root, name, damage):
    run(NAME, release, tmp_path / "undisturbed")
    share(release, EVERYTHING)
    path = next(path / name for path in sorted(state_root.glob("*/?????")) if (path / name).exists())
    content = path.read_bytes()
    middle = len(content) // 2
    flipped = content[:middle] + bytes([content[middle] ^ 255]) + content[middle + 1 :]
    path.unlink() if damage == "missing" else path.write_bytes(content[:middle] if damage == "cut" else flipped)
    assert not is_complete(path.parent)
    run(NAME, release, tmp_path / "out")
    assert digests(tmp_path / "out") == digests(tmp_path / "undisturbed")


def test_shares_of_several_machines_make_the_bytes_of_one(release, tmp_path, state_root, monkeypatch):
    run(NAME, release, tmp_path / "one", rows_per_shard=1)
    counts = [share(release, Share(number, 3), rows_per_shard=1) for number in (3, 1, 2)]
    assert counts == [1, 2, 1]
    assert sorted(path.name for path in state_root.glob("*/?????")) == [f"{number:05d}" for number in range(4)]
    monkeypatch.setattr(module.PartitionWriter, "write", lambda *_: pytest.fail("made again"))
    run(NAME, release, tmp_path / "shared", rows_per_shard=1)
    assert digests(tmp_path / "shared") == digests(tmp_path / "one")


def test_a_disk_that_cannot_be_written_to_is_an_error_with_a_remedy(release, state_root, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "fsync_folder", full)
    with pytest.raises(DiskError, match=r"00000: could not be written \(.*No space left on device.*\); make room on the disk"):
        share(release, EVERYTHING)
    assert not state_root.exists()


@pytest.mark.parametrize("text", ["0/4", "5/4", "3", "a/b", "1/"])
def test_a_share_that_is_none_is_an_error(text):
    with pytest.raises(ShareError, match=f"--share {text}: two whole numbers expected, such as 3/16"):
        Share.read(text)
    assert [number for number in range(10) if Share.read("2/4").takes(number)] == [1, 5, 9]


def test_the_marker_names_every_other_file(release, state_root):
    share(release, Share(1, 2))
    folder = next(state_root.glob("*/00000"))
    assert set(json.loads((folder / "complete.json").read_text())) == set(os.listdir(folder)) - {"complete.json"}
