import json
from pathlib import Path

import pytest
from PIL import Image

from m3ae.phantom.writer import LAYOUTS, MARKER, NOTHING, PARTIAL, write_nothing, write_releases

NAMES = [layout.NAME for layout in LAYOUTS]


def rows(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_one_worker_and_two_write_the_same_bytes(releases, small, tmp_path):
    write_releases(tmp_path / "again", small, seed=7, num_workers=2)
    assert contents(tmp_path / "again") == contents(releases)


def test_another_seed_writes_other_bytes_and_replaces_the_folder(small, tmp_path, releases):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "old.txt").write_text("old")
    write_releases(tmp_path / "out", small, seed=8, num_workers=1)
    assert not (tmp_path / "out" / "old.txt").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    captions = "roco/data/train/radiology/captions.txt"
    assert (tmp_path / "out" / captions).read_text() != (releases / captions).read_text()


def test_a_failed_run_leaves_the_old_folder(small, tmp_path, monkeypatch):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "old.txt").write_text("old")
    monkeypatch.setattr("m3ae.phantom.writer.latent_rows", lambda figures: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_releases(tmp_path / "out", small, seed=8, num_workers=1)
    assert (tmp_path / "out" / "old.txt").read_text() == "old"


def test_what_a_killed_run_left_lies_within_the_folder_and_goes_with_the_next(small, tmp_path):
    (tmp_path / "out" / PARTIAL / "roco").mkdir(parents=True)
    (tmp_path / "out" / PARTIAL / "roco" / "half.txt").write_text("half")
    write_releases(tmp_path / "out", small, seed=8, num_workers=1)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(NAMES)
    assert not (tmp_path / "out/roco/half.txt").exists()


def test_nothing_but_a_note_is_left_where_nobody_reads_and_what_a_link_leads_to_stays(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "real.txt").write_text("real")
    (tmp_path / "out" / "roco").mkdir(parents=True)
    (tmp_path / "out" / "slake").symlink_to(tmp_path / "elsewhere")
    write_nothing(tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == [NOTHING]
    assert (tmp_path / "elsewhere" / "real.txt").read_text() == "real"


@pytest.mark.parametrize("name", NAMES)
def test_every_release_says_that_it_is_synthetic(releases, name):
    assert "# Synthetic data" in (releases / name / MARKER).read_text()


@pytest.mark.parametrize("name", NAMES)
def test_patients_are_kept_apart_between_splits(releases, name):
    splits: dict[str, set[str]] = {}
    for row in rows(releases / name / "latent.jsonl"):
        splits.setdefault(row["patient"], set()).add(row["split"])
    assert splits
    assert all(len(found) == 1 for found in splits.values())


def test_no_patient_is_in_two_releases(releases):
    patients = [{row["patient"] for row in rows(releases / name / "latent.jsonl")} for name in NAMES]
    assert len(set.union(*patients)) == sum(map(len, patients))


@pytest.mark.parametrize("name", NAMES)
def test_boxes_lie_inside_their_images_one_for_each_finding(releases, name):
    boxes = rows(releases / name / "boxes.jsonl")
    expected = [(row["image"], finding["kind"]) for row in rows(releases / name / "latent.jsonl") for finding in row["findings"]]
    assert [(row["image"], row["finding"]) for row in boxes] == expected
    for row in boxes:
        with Image.open(releases / name / row["image"]) as image:
            left, top, right, bottom = row["box"]
            assert 0 <= left < right <= image.width
            assert 0 <= top < bottom <= image.height
