"""All processes of a run read the same, or stop."""

import pytest

from m3ae.disk.json import FileError
from m3ae.engine import agreement, shard_digests
from m3ae.engine.agreement import facts_of_files, require_agreement
from m3ae.engine.shard_digests import require_whole_splits
from m3ae.shards.read import open_manifest
from tests.shards.test_shards import written

SAME = {"shards of roco: manifest.json": "aa", "the version of torch": "2.14"}


@pytest.fixture
def others(monkeypatch):
    """What further processes tell, beside what this one does."""
    told = []
    monkeypatch.setattr(agreement, "every", lambda own: [own, *told])
    monkeypatch.setattr(agreement.dist, "get_rank", lambda: 0)
    return told


def test_processes_that_read_the_same_go_on(others):
    others += [("rank 1 on host a", dict(SAME)), ("rank 2 on host b", dict(SAME))]
    require_agreement(SAME)


def test_the_process_that_reads_something_else_is_named_with_what_differs(others):
    others += [("rank 1 on host a", dict(SAME)), ("rank 2 on host b", {**SAME, "shards of roco: manifest.json": "bb"})]
    with pytest.raises(
        SystemExit, match="^rank 2 on host b reads other things than the other processes: shards of roco: manifest.json; let"
    ):
        require_agreement(SAME)


def test_the_process_that_stands_alone_is_named_even_if_it_is_the_first(others):
    others += [("rank 1 on host a", {**SAME, "the version of torch": "2.13"})] * 2
    with pytest.raises(SystemExit, match="^rank 0 on host .* reads other things than the other processes: the version of torch"):
        require_agreement(SAME)


def test_a_copy_elsewhere_with_the_same_bytes_is_the_same(tmp_path):
    first, second = (written(tmp_path / name) for name in ("a", "b"))
    assert facts_of_files(shards=first) == facts_of_files(shards=second)


def test_the_processes_of_a_machine_share_the_shards_and_all_hear_of_a_damaged_one(tmp_path, monkeypatch):
    folder, read = written(tmp_path / "shards"), []
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    monkeypatch.setenv("LOCAL_RANK", "1")
    monkeypatch.setattr(shard_digests, "compared", lambda digests: read.extend(path.name for path in digests) or dict.fromkeys(digests, ""))
    require_whole_splits([folder], ["train", "validation"])
    assert read == ["train-00001.arrow", "validation-00000.arrow"]
    other = ("node2", {folder / "train-00000.arrow": "is not the file that was written, by its digest in"})
    monkeypatch.setattr(shard_digests, "every", lambda own: [own, other])
    with pytest.raises(FileError, match=r"train-00000.arrow: is not the file .*manifest.json \(host node2\); `rm -r .* && dvc repro`"):
        require_whole_splits([folder], ["train"])
    assert open_manifest(folder)["found"]
