"""What is in two places is found, whatever its name and format; what is in its own place is not."""

import json
from pathlib import Path

import polars as pl
import pytest
from PIL import Image

from benchmarks.pictures import attacked, scan
from m3ae.batches.excluded import NOTHING, read_excluded, write_excluded
from m3ae.batches.samples import Samples
from m3ae.leaks.audit import Audit, audit, leaked
from m3ae.leaks.sheet import draw_sheet
from m3ae.prepare.sample_pairs import sample_pairs
from m3ae.shards.read import open_split
from m3ae.shards.write import write_absent
from m3ae.tasks import TASKS
from tests.prepare.test_release import run
from tests.shared import SHARED, needs_releases

CAPTION = "Radiograph number {} of several."


@pytest.fixture(scope="module", autouse=True)
def state_root(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DVC_ROOT", str(tmp_path_factory.mktemp("root")))
        yield


def write_roco(folder: Path, splits: dict[str, dict[str, Image.Image]]) -> Path:
    for split, images in splits.items():
        place = folder / "data" / split / "radiology"
        (place / "images").mkdir(parents=True)
        (place / "captions.txt").write_text("".join(f"{name}\t {CAPTION.format(int(name[-2:]) % 20)}\n" for name in images))
        for name, image in images.items():
            image.save(place / "images" / f"{name}.jpg", "PNG")
    return folder


def write_vqa_rad(folder: Path, splits: dict[str, list[tuple[str, str]]], images: dict[str, Image.Image]) -> Path:
    (folder / "images").mkdir(parents=True)
    for name, image in images.items():
        image.save(folder / "images" / f"{name}.jpg", quality=95)
    for split, rows in splits.items():
        asked = [
            {"qid": number, "image_name": f"{name}.jpg", "question": question, "answer": "yes", "answer_type": "CLOSED"}
            for number, (name, question) in enumerate(rows)
        ]
        (folder / f"{split}set.json").write_text(json.dumps(asked))
    return folder


def write_own(folder: Path, images: dict[str, Image.Image]) -> None:
    (folder / "images").mkdir(parents=True)
    for name, image in images.items():
        image.save(folder / "images" / f"{name}.png")
    rows = [{"id": name, "image": f"images/{name}.png", "texts": ["Radiograph of a chest, erect."], "split": "train"} for name in images]
    (folder / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def prepared(shards: Path, pretrain: dict[str, Path], tasks: dict[str, Path], retrieval: bool = True, **changed) -> Path:
    """Shards of these releases, of retrieval's pairs, and of tasks that were not found."""
    for kind, releases in (("pretrain", pretrain), ("tasks", tasks)):
        for name, folder in releases.items():
            run(name, folder, shards / kind / name, **{"image_px": 96, "rows_per_shard": 512, "validation_share": 0.2, **changed})
    if retrieval:
        sample_pairs(shards / "pretrain/roco", shards / "tasks/roco_retrieval", "strict", 256, 0)
    for name in sorted(TASKS.keys() - tasks.keys() - ({"roco_retrieval"} if retrieval else set())):
        write_absent(shards / "tasks" / name, name)
    return shards


@pytest.fixture(scope="module")
def shards(tmp_path_factory) -> Path:
    """Of ROCO's images 1 is VQA-RAD's test image, attacked, 2 a training image, and 25 of the test split is 5 of the training split."""
    folder = tmp_path_factory.mktemp("audit")
    train = {f"ROCO_{number:05d}": scan(number) for number in range(8)}
    roco = write_roco(folder / "roco", {"train": train, "test": {"ROCO_00025": attacked(scan(5), 0.01), "ROCO_00026": scan(26)}})
    asked = {
        "train": [("b", "Is there a mass here now?"), ("c", "Which side?"), ("d", "Is it?"), ("e", "Is it?")],
        "test": [("a", "Is there a mass here now?"), ("c", "which SIDE"), ("c", "What else?")],
    }
    images = {"a": attacked(scan(1)), "b": scan(2), "c": scan(50), "d": scan(51), "e": scan(52)}
    return prepared(folder / "shards", {"roco": roco}, {"vqa_rad": write_vqa_rad(folder / "vqa_rad", asked, images)})


@pytest.fixture(scope="module")
def found(shards) -> Audit:
    return audit(shards, ("roco",))


def pairs(images: pl.DataFrame, **where) -> set[tuple[str, str]]:
    rows = images.filter([pl.col(name).eq_missing(pl.lit(value)) for name, value in where.items()])
    return set(rows.select("pretrain_id", "image_id").iter_rows())


def test_images_of_a_task_are_found_in_what_is_pretrained_on(found):
    assert pairs(found.images, pretrain_release="roco", task="vqa_rad", split="test") == {("ROCO_00001", "a")}
    in_training = pairs(found.images, pretrain_release="roco", task="vqa_rad", split="train")
    assert in_training | pairs(found.images, pretrain_release="roco", task="vqa_rad", split="validation") == {("ROCO_00002", "b")}
    assert set(found.images["kind"]) == {"same"}


def test_retrievals_pairs_are_rocos_own_but_not_those_of_another_split(found):
    assert pairs(found.images, pretrain_release="roco", task="roco_retrieval", split="test") == {("ROCO_00005", "ROCO_00025")}
    assert pairs(found.images, pretrain_release=None, task="roco_retrieval") <= {("ROCO_00005", "ROCO_00025")}


def test_inside_a_task_train_is_compared_with_what_is_held_out(found):
    assert pairs(found.images, pretrain_release=None, task="vqa_rad", split="test") == {("c", "c")}


def test_the_table_names_both_places_by_the_releases_own_ids(found):
    assert found.images.columns[:5] == ["pretrain_release", "pretrain_split", "pretrain_id", "pretrain_image_id", "task"]
    assert found.images.columns[5:] == ["split", "image_id", "distance", "kind", "similarity"]
    row = found.images.filter(pl.col("image_id") == "a").row(0, named=True)
    assert (row["pretrain_release"], row["task"], row["split"], row["kind"]) == ("roco", "vqa_rad", "test", "same")
    assert row["pretrain_split"] in ("train", "validation") and 0 < row["distance"] <= 50


def test_an_own_manifests_id_names_the_row_and_its_image_is_what_is_left_out(tmp_path):
    write_own(tmp_path / "own", {"case-7": scan(1), "case-8": scan(2)})
    asked = {"train": [("b", "Is it?")], "test": [("a", "Is it?")]}
    vqa_rad = write_vqa_rad(tmp_path / "vqa_rad", asked, {"a": scan(1), "b": scan(3)})
    shards = prepared(tmp_path / "shards", {"own": tmp_path / "own"}, {"vqa_rad": vqa_rad}, retrieval=False)
    rows = audit(shards, ("own",)).images
    assert rows.select("pretrain_id", "pretrain_image_id", "image_id").rows() == [("case-7", "images/case-7.png", "a")]
    assert leaked(rows) == {"own": {"images/case-7.png"}}


def test_captions_and_repeated_questions_are_checked_too(found):
    texts = found.texts.select("pretrain_release", "task", "split", "pretrain_id", "id", "text", "num_rows").rows()
    assert (None, "vqa_rad", "test", "1", "1", "which SIDE", 1) in texts  # of the same image; the other repeats are about others
    of_captions = [row for row in texts if row[1] == "roco_retrieval" and row[0] == "roco"]
    assert {(row[2], row[3], row[4]) for row in of_captions} >= {("test", "ROCO_00005", "ROCO_00025"), ("test", "ROCO_00006", "ROCO_00026")}
    assert not [row for row in texts if row[1] == "vqa_rad" and row[0] == "roco"]


def test_what_is_left_out_is_the_same_and_in_a_held_out_split(found, tmp_path):
    excluded = leaked(found.images)
    assert {"ROCO_00001", "ROCO_00005"} <= excluded["roco"] and excluded.keys() == {"roco"}
    write_excluded(tmp_path / "excluded.json", excluded)
    assert read_excluded(tmp_path / "excluded.json") == excluded


def test_pre_training_passes_over_what_is_left_out(found, shards):
    train = open_split(shards / "pretrain/roco", "train")
    excluded = leaked(found.images)
    kept = [train.row(number)["image_id"] for number in train.rows_without(excluded["roco"])]
    assert set(kept) == set(train.column("image_id").to_pylist()) - excluded["roco"] and len(kept) < len(train)
    assert {sample.row for sample in Samples([train], excluded)} == set(train.rows_without(excluded["roco"]))
    assert len(Samples([train], NOTHING)) == len(train)


def test_the_counts_are_those_of_the_table(found):
    figures = found.metrics(leaked(found.images), synthetic=True)
    assert figures["images"]["in_pretraining"]["vqa_rad"]["test"] == {"same": 1}
    assert figures["images"]["inside_the_task"]["vqa_rad"]["test"] == {"same": 1}
    assert figures["texts"]["inside_the_task"]["vqa_rad"]["test"] == 1
    assert figures["pairs_compared"] > figures["pairs_proposed"] >= len(found.images)


def test_the_sheet_shows_the_pairs_and_says_so_where_there_are_none(found, tmp_path):
    draw_sheet(tmp_path / "pairs.png", found, False)
    draw_sheet(tmp_path / "none.png", found._replace(images=found.images.clear()), True)
    with Image.open(tmp_path / "pairs.png") as pairs, Image.open(tmp_path / "none.png") as none:
        assert pairs.height == none.height and len(pairs.getcolors(2**24)) > 50 > len(none.convert("L").getcolors(256)) / 6


def test_two_audits_are_the_same_bytes(found, shards):
    again = audit(shards, ("roco",))
    assert again.images.equals(found.images) and again.texts.equals(found.texts)


TWINS = {"00065", "00120", "00206", "00225", "00247", "00248", "00347", "00412", "00414", "00595", "00660"}
SLICES = {"00224", "00244", "00245", "00246", "00249", "00413", "00415"}  # of a patient whom VQA-RAD has, too


@pytest.fixture(scope="module")
def real(tmp_path_factory) -> pl.DataFrame:
    releases = SHARED / "releases"
    folder = tmp_path_factory.mktemp("real")
    return audit(prepared(folder, {"roco": releases / "roco"}, {"vqa_rad": releases / "vqa_rad"}), ("roco",)).images


@needs_releases
def test_all_eleven_images_that_are_in_both_releases_are_found_and_no_other_patient(real):
    rows = real.filter((pl.col("pretrain_release") == "roco") & (pl.col("task") == "vqa_rad"))
    same = set(rows.filter(pl.col("kind") == "same")["pretrain_id"].str.strip_prefix("ROCO_"))
    near = set(rows.filter(pl.col("kind") == "near")["pretrain_id"].str.strip_prefix("ROCO_"))
    assert same == TWINS and near <= SLICES


@needs_releases
def test_copies_of_real_images_are_found(tmp_path):
    originals = sorted((SHARED / "releases/roco/train/radiology/images").glob("*.jpg")) or sorted((SHARED / "releases/roco").rglob("*.jpg"))
    chosen = originals[::30]
    images = {path.stem: Image.open(path) for path in chosen}
    roco = write_roco(tmp_path / "roco", {"train": images})
    asked = {"train": [(name, "Is it?") for name in images], "test": []}
    vqa_rad = write_vqa_rad(tmp_path / "vqa_rad", asked, {name: attacked(image) for name, image in images.items()})
    rows = audit(prepared(tmp_path / "shards", {"roco": roco}, {"vqa_rad": vqa_rad}), ("roco",)).images
    assert {name for first, name in pairs(rows, task="vqa_rad", pretrain_release="roco") if first == name} == set(images)
