"""Rows go into shards and come out of them."""

import json
import os
import pickle
import random
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from m3ae.disk import whole
from m3ae.disk.digest import sha256_of_file
from m3ae.disk.folders import new_folder
from m3ae.disk.json import FileError, write_json
from m3ae.disk.sealed import sealed
from m3ae.releases.record import Split
from m3ae.shards.format import Header, Row, ShardError
from m3ae.shards.pixels import encoded
from m3ae.shards.read import open_answers, open_manifest, open_split, stored_as
from m3ae.shards.write import ShardWriter, rows_per_batch, write_absent

HEADER = Header("roco", synthetic=True, encoding="raw", image_px=4, rows_per_shard=100)


def pixels(number: int, channels: int = 1) -> np.ndarray:
    return np.random.default_rng(number).integers(0, 256, (4, 5 + number % 3, channels), np.uint8)


def row(number: int, split: Split, encoding: str = "raw", channels: int = 1) -> Row:
    stored = pixels(number, channels)
    texts = [f"text {number}", "an inline reference"][: 1 + number % 2]
    image = encoded(stored, encoding)
    return Row(str(number), f"image-{number}", texts, ["yes"], "closed", "CC0", True, image, *stored.shape, bytes(64), split)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """250 training rows, 3 validation rows, no test row."""
    return written(tmp_path / "shards")


def written(folder: Path) -> Path:
    with new_folder(folder) as partial, ShardWriter(partial, HEADER) as shards:
        for number in range(250):
            shards.write(row(number, Split.TRAIN))
            if number < 3:
                shards.write(row(1000 + number, Split.VALIDATION))
    return folder


def test_rows_come_out_in_the_order_they_went_in(folder):
    train = open_split(folder, "train")
    assert [train.row(number)["id"] for number in range(len(train))] == [str(number) for number in range(250)]
    assert train.row(201) == {
        "id": "201",
        "image_id": "image-201",
        "texts": ["text 201", "an inline reference"],
        "answers": ["yes"],
        "answer_kind": "closed",
        "licence": "CC0",
        "has_caption": True,
        "height": 4,
        "width": 5,
        "channels": 1,
    }
    assert train.num_texts()[[0, 1, 248, 249]].tolist() == [1, 2, 1, 2]


def test_pixels_come_out_as_they_went_in_and_may_be_written_to(folder):
    train = open_split(folder, "train")
    for number in (0, 63, 64, 99, 100, 249):
        assert np.array_equal(train.pixels(number), pixels(number))
    train.pixels(0)[:] = 0
    assert np.array_equal(train.pixels(0), pixels(0))


@pytest.mark.parametrize("channels", [1, 3])
def test_png_shards_come_out_as_the_same_pixels(tmp_path, channels):
    with ShardWriter(tmp_path, Header("roco", False, "png", 4, 10)) as shards:
        shards.write(row(7, Split.TEST, "png", channels))
    assert np.array_equal(open_split(tmp_path, "test").pixels(0), pixels(7, channels))


def test_the_manifest_names_every_shard_with_rows_and_digest(folder):
    manifest = open_manifest(folder)
    assert [(shard["name"], shard["rows"]) for shard in manifest["splits"]["train"]["shards"]] == [
        ("train-00000.arrow", 100),
        ("train-00001.arrow", 100),
        ("train-00002.arrow", 50),
    ]
    assert {split: entry["rows"] for split, entry in manifest["splits"].items()} == {"train": 250, "validation": 3, "test": 0}
    assert (manifest["found"], manifest["synthetic"], manifest["encoding"], manifest["image_px"]) == (True, True, "raw", 4)
    for entry in manifest["splits"].values():
        for shard in entry["shards"]:
            assert shard["sha256"] == sha256((folder / shard["name"]).read_bytes()).hexdigest()


def test_the_same_rows_are_the_same_bytes(folder, tmp_path):
    again = written(tmp_path / "again")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {path.name: path.read_bytes() for path in again.iterdir()}


def test_sizes_carry_their_unit(folder):
    schema = pa.ipc.open_file(pa.memory_map(str(folder / "train-00000.arrow"))).schema
    assert schema.field("height").metadata == {b"unit": b"px"}
    assert schema.metadata[b"encoding"] == b"raw"


def test_an_empty_split_and_an_absent_release_have_no_rows(folder, tmp_path):
    write_absent(tmp_path / "absent", "slake")
    assert len(open_split(folder, "test")) == len(open_split(tmp_path / "absent", "train")) == 0
    with pytest.raises(IndexError):
        open_split(folder, "test").row(0)


def test_a_pickled_split_opens_its_folder_again(folder):
    again = pickle.loads(pickle.dumps(open_split(folder, "validation")))
    assert [again.row(number)["id"] for number in range(len(again))] == ["1000", "1001", "1002"]


def test_a_missing_manifest_is_an_error_with_a_remedy(tmp_path):
    with pytest.raises(ShardError, match=r"manifest\.json: no such file; run `dvc repro`"):
        open_split(tmp_path, "train")


@pytest.mark.parametrize("content", ["", '{"found": true, "spl', "\0\0\0"])
def test_a_cut_manifest_is_an_error_with_a_remedy(folder, content):
    (folder / "manifest.json").write_text(content)
    with pytest.raises(FileError, match=r"manifest\.json: is not JSON \(.*\); run `dvc repro` to prepare the release again"):
        open_split(folder, "train")


@pytest.mark.parametrize("missing", ["everything", "found", "synthetic", "splits", "encoding", "shards", "digest", "shard"])
def test_a_manifest_that_lacks_something_is_an_error_with_a_remedy(folder, missing):
    content = {} if missing == "everything" else open_manifest(folder)
    for part in (content, *(content["splits"].values() if missing == "shards" else ())):
        part.pop(missing, None)
    if missing == "shard":
        del content["splits"]["train"]["shards"][1]["sha256"]
    for said in (content, [content]):
        (folder / "manifest.json").write_text(json.dumps(said))
        with pytest.raises(ShardError, match=r"manifest\.json: does not say found, release.* to prepare the release again"):
            open_split(folder, "train")


def test_a_shard_of_other_columns_is_an_error_with_a_remedy(folder):
    path = folder / "validation-00000.arrow"
    with pa.ipc.open_file(path) as file:
        table = file.read_all().drop_columns(["hash"])
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as file:
        file.write_table(table)
    manifest = open_manifest(folder)
    manifest["splits"]["validation"]["shards"][0]["sha256"] = sha256_of_file(path)
    (folder / "manifest.json").write_text(json.dumps(sealed(manifest)))
    with pytest.raises(
        ShardError, match=r"validation-00000\.arrow: has the columns id, .*channels, not those that this version reads; run"
    ):
        open_split(folder, "validation")


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [("encoding", "png", "of another release, encoding"), ("image_px", 8, "image size"), ("release", "medicat", "of another release")],
)
def test_a_manifest_of_other_shards_is_an_error(folder, key, value, problem):
    (folder / "manifest.json").write_text(json.dumps(sealed(open_manifest(folder) | {key: value})))
    with pytest.raises(ShardError, match=problem):
        open_split(folder, "train")


def test_a_wrong_number_of_rows_a_cut_file_and_a_missing_file_are_errors(folder):
    manifest = open_manifest(folder)
    manifest["splits"]["validation"]["shards"][0]["rows"] = 4
    (folder / "manifest.json").write_text(json.dumps(sealed(manifest)))
    with pytest.raises(ShardError, match="3 rows, but its manifest says 4"):
        open_split(folder, "validation")
    path = folder / "train-00001.arrow"
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(FileError, match=r"train-00001\.arrow: is not the file that was written, .*; `rm -r .* && dvc repro`"):
        open_split(folder, "train")
    path.unlink()
    with pytest.raises(FileError, match=r"train-00001\.arrow: cannot be read"):
        open_split(folder, "train")


def test_a_folder_takes_its_name_only_when_it_is_complete(folder):
    with pytest.raises(ValueError, match="half way"), new_folder(folder) as partial, ShardWriter(partial, HEADER) as shards:
        shards.write(row(1, Split.TEST))
        raise ValueError("half way")
    assert len(open_split(folder, "train")) == 250
    assert not list(folder.parent.glob(".*"))


def test_how_images_were_stored_is_told_of_the_first_release_that_was_found(tmp_path):
    write_absent(tmp_path / "absent", "medicat")
    for name, window in {"usual": None, "full": "full"}.items():
        with new_folder(tmp_path / name) as partial, ShardWriter(partial, replace(HEADER, dicom_window=window)):
            pass
    assert stored_as([tmp_path / "absent", tmp_path / "usual"]) == {"stored_px": 4}
    assert "dicom_window" not in open_manifest(tmp_path / "usual")
    assert stored_as([tmp_path / "full"]) == {"stored_px": 4, "dicom_window": "full"}
    assert stored_as([tmp_path / "absent"]) == {}


def test_what_a_disk_changed_without_a_date_is_found_before_arrow_reads_it(folder, damaged):
    with pytest.raises(FileError, match=r"\.(arrow|json): "):
        open_split(damaged, "train")


@pytest.fixture(params=range(40))
def damaged(request, folder) -> Path:
    """A folder in which one bit is another one, or the end of a file is missing; size and date may be those of the whole file."""
    rng = random.Random(request.param)
    path = rng.choice(sorted(folder.glob("train-*.arrow")) + [folder / "manifest.json"])
    content, before = bytearray(path.read_bytes()), path.stat()
    place = rng.randrange(len(content))
    while path.suffix == ".json" and chr(content[place]).isspace():
        place = rng.randrange(len(content))
    if rng.random() < 0.2:
        del content[place:]
    else:
        content[place] ^= 1 << rng.randrange(8)
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    return folder


def test_a_shard_is_read_once_in_a_run_and_again_once_it_is_another_file(folder, monkeypatch):
    read: list[str] = []
    monkeypatch.setattr(whole, "sha256_of_file", lambda path: read.append(path.name) or sha256_of_file(path))
    for _ in range(3):
        open_split(folder, "validation")
    pickle.loads(pickle.dumps(open_split(folder, "validation")))
    assert read == ["validation-00000.arrow"]
    os.utime(folder / "validation-00000.arrow", ns=(1, 1))
    open_split(folder, "validation")
    assert len(read) == 2


def test_answers_are_those_that_were_written(tmp_path):
    with ShardWriter(tmp_path, HEADER) as shards:
        shards.write(row(1, Split.TEST))
        write_json(tmp_path / "answers.json", ["yes", "no"])
    assert open_answers(tmp_path) == ["yes", "no"]
    (tmp_path / "answers.json").write_text('["yes", "on"]')
    with pytest.raises(FileError, match=r"answers\.json: is not the file that was written"):
        open_answers(tmp_path)


@pytest.mark.parametrize(("rows_per_shard", "rows"), [(16, 64), (512, 64), (1024, 128), (8192, 1024), (10**6, 1024)])
def test_large_shards_have_larger_record_batches_and_those_of_512_rows_stay_as_they_were(rows_per_shard, rows):
    assert rows_per_batch(rows_per_shard) == rows


def test_taken_rows_are_those_that_were_asked_for_across_batches_and_shards(folder):
    train = open_split(folder, "train")
    wanted = np.array([0, 63, 64, 99, 100, 249])
    taken = train.taken(wanted, ["id", "texts"])
    assert taken.column_names == ["id", "texts"] and taken["id"].to_pylist() == [str(number) for number in wanted]
    assert taken["texts"].to_pylist() == [train.row(number)["texts"] for number in wanted.tolist()]
    assert train.taken(wanted[:0], ["hash"]).num_rows == open_split(folder, "test").taken(wanted[:0], ["hash"]).num_rows == 0
