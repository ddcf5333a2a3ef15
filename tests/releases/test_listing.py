import json
from pathlib import Path

import pytest

from m3ae.releases.catalogue import CATALOGUE, Count, against_published, verdict
from m3ae.releases.listing import describe
from m3ae.releases.readers.roco import read
from m3ae.releases.record import Split
from tests.prepare.test_damage import mirror
from tests.prepare.test_release import run, with_images
from tests.shared import SHARED, needs_releases


def about(lines: list[str], name: str) -> str:
    start = next(number for number, line in enumerate(lines) if line.startswith(f"{name}:"))
    return "\n".join([lines[start], *(line for line in lines[start + 1 : start + 6] if line.startswith("  "))])


def test_every_release_of_the_catalogue_is_described(tmp_path):
    lines = list(describe(tmp_path))
    assert all(release.title in about(lines, name) for name, release in CATALOGUE.items())


def test_what_is_there_what_is_missing_and_where_to_get_it(tmp_path):
    with_images("vqa_rad", tmp_path)
    (tmp_path / "vqa_rad/images/synpic2.jpg").unlink()
    (tmp_path / "slake").mkdir()
    lines = list(describe(tmp_path))
    vqa_rad = about(lines, "vqa_rad")
    assert f"looked for in  {tmp_path / 'vqa_rad'}" in vqa_rad and "found          3 of 3,064 train, 0 validation, 1 of 451 test" in vqa_rad
    assert "missing        3,061 train records, 450 test records, 1 images, images/synpic2.jpg for one" in vqa_rad
    assert "https://osf.io/89kps; " in vqa_rad and "(size: not stated; licence: CC0; terms: none)" in vqa_rad
    assert "a folder that cannot be read: " in about(lines, "slake") and "what is here: nothing" in about(lines, "slake")
    assert "nothing: there is no such folder" in about(lines, "medicat") and "104 GB" in about(lines, "medicat")
    (tmp_path / "vqa_rad/SYNTHETIC.md").touch()
    drawn = about(list(describe(tmp_path)), "vqa_rad")
    assert "3 train, 0 validation, 1 test (synthetic)" in drawn and "records" not in drawn


def test_a_mirrors_images_are_there_and_an_overlong_name_or_a_folder_for_a_file_is_no_traceback(tmp_path):
    mirror(tmp_path / "rocov2")
    assert "missing        the validation split, the test split, 59,956 train records" in about(list(describe(tmp_path)), "rocov2")
    roco, vqa_rad = with_images("roco", tmp_path), with_images("vqa_rad", tmp_path)
    with (roco / "data/test/radiology/captions.txt").open("a") as file:
        file.write("R" * 300 + "\t A caption.\n")
    (vqa_rad / "trainset.json").unlink()
    (vqa_rad / "trainset.json").mkdir()
    assert f" records, 1 images, data/test/radiology/images/{'R' * 300}.jpg for one" in about(list(describe(tmp_path)), "roco")
    assert "trainset.json: cannot be read (Is a directory)" in about(list(describe(tmp_path)), "vqa_rad")


def test_counts_are_as_published_or_say_by_how_much_they_differ():
    full = {Split.TRAIN: 3064, Split.TEST: 451}
    assert verdict(against_published("vqa_rad", full, 498)) == "as published"
    assert against_published("vqa_rad", full)["train"] == Count(3064, 3064)
    assert verdict(against_published("vqa_rad", full | {Split.TRAIN: 1793}, 400)) == (
        "train 1,793 of 3,064 published, answers 400 of 498 published"
    )
    assert verdict(against_published("melinda", full)) == ""


def test_metrics_of_synthetic_data_are_not_held_against_publications(tmp_path):
    release = with_images("slake", tmp_path)
    assert run("slake", release, tmp_path / "real")["published"]["train"] == {"published": 4919, "found": 1}
    (release / "SYNTHETIC.md").touch()
    assert "published" not in run("slake", release, tmp_path / "drawn")


def test_rows_that_a_user_chose_are_not_held_against_the_papers(tmp_path):
    release = with_images("slake", tmp_path)
    assert "published" not in run("slake", release, tmp_path / "both", languages=("en", "zh"))
    assert "answers" not in run("slake", release, tmp_path / "train", answers="train")["published"]


@needs_releases
def test_the_real_vqa_rad_counts_as_published(tmp_path, capsys):
    figures = run("vqa_rad", SHARED / "releases/vqa_rad", tmp_path / "out", max_pixels=1)
    assert figures["published"]["answers"] == {"published": 498, "found": 498}
    assert "vqa_rad: as published" in capsys.readouterr().out


@needs_releases
@pytest.mark.parametrize("split", [Split.VALIDATION, Split.TEST])
def test_rocos_published_captions_are_all_read(split):
    found = sum(record.split is split for record in read(SHARED / "annotations/roco"))
    assert found == CATALOGUE["roco"].records[split]


def test_the_catalogue_is_what_the_metrics_hold(tmp_path):
    figures = run("roco", with_images("roco", tmp_path), Path(tmp_path / "out"))
    assert json.loads(json.dumps(figures))["published"] == {
        "validation": {"published": 8180, "found": 1},
        "test": {"published": 8179, "found": 1},
    }


def test_where_rows_that_are_not_used_are_published_they_are_counted_among_all(tmp_path):
    for name in ("medicat", "mimic_cxr"):
        with_images(name, tmp_path)
    lines = list(describe(tmp_path))
    medicat, mimic_cxr = about(lines, "medicat"), about(lines, "mimic_cxr")
    assert "with what is not used 4 of 217,060" in medicat and "217,056 rows" in medicat
    assert "1 train, 1 validation, 1 test; with what is not used 5 of 377,110" in mimic_cxr and "missing        377,105 rows" in mimic_cxr
    (tmp_path / "medicat/SYNTHETIC.md").touch()
    assert "217,060" not in about(list(describe(tmp_path)), "medicat")


def test_a_sample_is_not_called_complete(tmp_path):
    for name in CATALOGUE:
        with_images(name, tmp_path)
    lines = list(describe(tmp_path))
    for name, release in CATALOGUE.items():
        if release.records or release.rows:
            assert "missing        nothing" not in about(lines, name), name
