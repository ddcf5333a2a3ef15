"""Whole releases through all shared steps."""

import json
import os
import shutil
from hashlib import sha256
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from m3ae.disk.state import root
from m3ae.prepare import release as module
from m3ae.prepare.params import PrepareParams
from m3ae.prepare.release import Choices, prepare
from m3ae.prepare.texts import MOST_CHARACTERS
from m3ae.releases.catalogue import CATALOGUE
from m3ae.releases.inventory import take_inventory
from m3ae.releases.readers.published import ReleaseError
from m3ae.shards.read import open_manifest, open_split
from tests.shared import SHARED, needs_releases

FIXTURES = Path(__file__).parents[1] / "fixtures"
PARAMS = PrepareParams(
    image_px=32, encoding="raw", rows_per_shard=2, max_pixels=1_000_000, dicom_window="voi", min_words=3, validation_share=0.1
)


def run(name: str, folder: Path, out: Path, answers: str = "all", workers: int = 1, **changed):
    made = choices(answers, **changed)
    return prepare(name, folder, take_inventory(folder), out, made, workers, state_of(name, folder, made))


def state_of(name: str, folder: Path, made: Choices) -> Path:
    """A folder for unfinished partitions that no other choices share, as the stage gives it."""
    return root() / "prepare" / sha256(repr((name, take_inventory(folder), made)).encode()).hexdigest()[:16]


def choices(answers: str = "all", **changed) -> Choices:
    """`changed` are fields of Choices or of its PrepareParams."""
    own = {name: changed.pop(name) for name in Choices._fields if name in changed}
    defaults = {"seed": 42, "protocol": "strict", "licences": (), "languages": ("en",), "melinda_label": "p_meth_label"}
    return Choices(**{**defaults, **own}, answers=answers, prepare=PARAMS.model_copy(update=changed))


def with_images(name: str, folder: Path) -> Path:
    """A copy of the fixture with a small image wherever one is named."""
    release = Path(shutil.copytree(FIXTURES / name, folder / name))
    for number, row in enumerate(CATALOGUE[name].read(release)):
        image = Path(getattr(row, "image", ""))
        if image.is_absolute():
            image.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.random.default_rng(number).integers(0, 256, (50, 40), np.uint8)).save(image)
    return release


def digests(folder: Path) -> dict[str, str]:
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_a_release_becomes_rows_counts_and_an_answer_list(tmp_path):
    figures = run("vqa_rad", with_images("vqa_rad", tmp_path), tmp_path / "out")
    assert figures == {
        "found": True,
        "synthetic": False,
        "read": 4,
        "kept": 4,
        "dropped": {},
        "answers": 4,
        "texts": {"read": 4, "kept": 4},
        "splits": {"train": {"read": 1, "kept": 1}, "validation": {"read": 2, "kept": 2}, "test": {"read": 1, "kept": 1}},
        "published": {
            "train": {"published": 3064, "found": 3},
            "test": {"published": 451, "found": 1},
            "answers": {"published": 498, "found": 4},
        },
    }
    assert json.loads((tmp_path / "out/answers.json").read_text()) == ["yes", "2", "left lung", "no"]
    assert open_split(tmp_path / "out", "test").row(0)["answers"] == ["no"]


@pytest.mark.parametrize("name", CATALOGUE)
def test_read_is_kept_and_dropped_in_every_release(tmp_path, name):
    figures = run(name, with_images(name, tmp_path), tmp_path / "out")
    splits = figures["splits"].values()
    assert figures["read"] == figures["kept"] + sum(figures["dropped"].values()) == sum(split["read"] for split in splits)
    assert figures["kept"] == sum(split["kept"] for split in splits) > 0
    assert figures["kept"] == sum(len(open_split(tmp_path / "out", split)) for split in ("train", "validation", "test"))
    assert ("answers" in figures) == (tmp_path / "out/answers.json").is_file() == (name not in ("roco", "rocov2", "medicat", "own"))


def test_short_captions_blank_labels_and_foreign_questions_are_counted_by_reason(tmp_path):
    dropped = {name: run(name, with_images(name, tmp_path), tmp_path / f"{name}-out")["dropped"] for name in ("roco", "melinda", "slake")}
    assert dropped == {"roco": {"no text of 3 words": 2}, "melinda": {"no text": 1}, "slake": {"language not chosen": 1}}


def test_a_reference_that_is_too_short_or_long_is_lost_alone_and_the_texts_are_counted(tmp_path):
    release = with_images("own", tmp_path)
    texts = ["A scan of the chest.", "See Figure 1.", "word " * MOST_CHARACTERS, "Figure 1", ""]
    with (release / "manifest.jsonl").open("a") as file:
        file.write(json.dumps({"id": "z", "image": "images/z.jpg", "texts": texts, "split": "test"}) + "\n")
    shutil.copy(release / "images/a.jpg", release / "images/z.jpg")
    figures = run("own", release, tmp_path / "out")
    assert (figures["kept"], figures["dropped"], figures["texts"]) == (4, {}, {"read": 9, "kept": 6})
    row = open_split(tmp_path / "out", "test").row(1)
    assert (row["texts"], row["has_caption"]) == (texts[:2], True)


def test_what_was_not_chosen_is_dropped_and_counted(tmp_path):
    slake, melinda, roco = (with_images(name, tmp_path) for name in ("slake", "melinda", "roco"))
    assert run("slake", slake, tmp_path / "both", languages=("en", "zh"))["kept"] == 3
    assert run("slake", slake, tmp_path / "zh", languages=("zh",))["dropped"] == {"language not chosen": 2}
    run("melinda", melinda, tmp_path / "fine", melinda_label="i_meth")
    assert json.loads((tmp_path / "fine/answers.json").read_text()) == ["MI:0019", "MI:0096", "MI:0416"]
    figures = run("roco", roco, tmp_path / "free", licences=("cc-by", "unknown"), min_words=1)
    assert figures["dropped"] == {"licence not chosen": 1, "no text of 1 words": 1}
    assert {open_split(tmp_path / "free", "train").row(number)["id"] for number in range(1)} == {"ROCO_00001"}


def test_a_broken_image_is_listed_and_its_neighbours_are_kept(tmp_path):
    release = with_images("roco", tmp_path)
    (release / "data/validation/radiology/images/ROCO_00004.jpg").write_bytes(b"not an image")
    figures = run("roco", release, tmp_path / "out")
    listed = pl.read_parquet(tmp_path / "out/dropped.parquet").filter(pl.col("reason") == "unreadable image").rows()
    assert listed == [("ROCO_00004", "data/validation/radiology/images/ROCO_00004.jpg", "validation", "unreadable image")]
    assert (figures["dropped"]["unreadable image"], figures["splits"]["validation"]) == (1, {"read": 1, "kept": 0})
    assert len(open_split(tmp_path / "out", "validation")) == 0


def test_the_bytes_do_not_depend_on_the_number_of_workers_or_on_the_run(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "ROWS_WORTH_A_WORKER", 1)
    release = with_images("vqa_rad", tmp_path)
    runs = [
        digests(tmp_path / f"out-{number}")
        for number, workers in enumerate((1, 2, 1))
        if run("vqa_rad", release, tmp_path / f"out-{number}", workers=workers)
    ]
    assert runs[0] == runs[1] == runs[2]


def test_an_absent_release_is_a_manifest_that_says_so(tmp_path):
    figures = run("slake", tmp_path / "slake", tmp_path / "out")
    assert (figures["found"], figures["read"]) == (False, 0)
    assert open_manifest(tmp_path / "out")["found"] is False
    assert os.listdir(tmp_path / "out") == ["manifest.json"]
    assert len(open_split(tmp_path / "out", "train")) == 0


def test_a_release_that_went_away_since_the_inventory_is_an_error(tmp_path):
    release = with_images("slake", tmp_path)
    found = take_inventory(release)
    shutil.rmtree(release)
    with pytest.raises(ReleaseError, match="is gone since data/inventory was made"):
        prepare("slake", release, found, tmp_path / "out", choices(), 1, tmp_path / "state")


def test_a_release_that_is_a_link_and_one_whose_images_are_behind_a_link_are_prepared_as_any_other(tmp_path):
    release = with_images("slake", tmp_path)
    run("slake", release, tmp_path / "plain")
    (release / "imgs").rename(release / "v1")
    (release / "imgs").symlink_to("v1")
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked/slake").symlink_to(release)
    assert run("slake", tmp_path / "linked/slake", tmp_path / "out")["kept"] == 2
    assert digests(tmp_path / "out") == digests(tmp_path / "plain")


def test_a_failed_run_leaves_neither_a_result_nor_remains(tmp_path):
    release = with_images("slake", tmp_path)
    (release / "test.json").write_text("[")
    with pytest.raises(ReleaseError):
        run("slake", release, tmp_path / "made" / "out")
    assert not (tmp_path / "made").exists()


@needs_releases
@pytest.mark.parametrize(("answers", "count"), [("all", 498), ("train", 461)])
def test_vqa_rads_answer_list_counts_as_the_authors_does(tmp_path, answers, count):
    nothing_decoded = {"max_pixels": 1, "rows_per_shard": 4096}
    figures = run("vqa_rad", SHARED / "releases/vqa_rad", tmp_path / "out", answers, **nothing_decoded)
    sizes = {split: entry["read"] for split, entry in figures["splits"].items()}
    assert (figures["answers"], sizes["train"] + sizes["validation"], sizes["test"]) == (count, 3064, 451)
    assert figures["dropped"]["repeats a test row word for word"] > 0


@needs_releases
def test_the_papers_protocol_chooses_vqa_rads_epoch_on_its_test_file_and_keeps_what_it_repeats(tmp_path):
    nothing_decoded = {"max_pixels": 1, "rows_per_shard": 4096}
    figures = run("vqa_rad", SHARED / "releases/vqa_rad", tmp_path / "out", "by_protocol", protocol="paper", **nothing_decoded)
    assert {split: entry["read"] for split, entry in figures["splits"].items()} == {"train": 3064, "validation": 451, "test": 451}
    assert figures["answers"] == 498 and "repeats a test row word for word" not in figures["dropped"]


@needs_releases
def test_medicats_sample_keeps_its_six_radiology_figures(tmp_path):
    figures = run("medicat", SHARED / "releases/medicat", tmp_path / "out")
    assert {split: entry["kept"] for split, entry in figures["splits"].items()} == {"train": 4, "validation": 1, "test": 1}
    assert figures["dropped"] == {"not radiology": 4}


@needs_releases
def test_the_published_roco_captions_parse_and_their_absent_images_are_counted(tmp_path):
    figures = run("roco", SHARED / "annotations/roco", tmp_path / "out", rows_per_shard=4096)
    assert figures["dropped"] == {"missing image": 16359 - 247, "no text of 3 words": 247}  # 131 + 116 short captions
