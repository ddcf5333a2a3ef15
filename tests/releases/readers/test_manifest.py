"""Manifests as people bring them, of every kind: what is understood is one thing, what is not is named with the right word."""

import csv
import io
import json
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from m3ae.releases.readers.drawn_splits import drawn
from m3ae.releases.readers.own import read
from m3ae.releases.readers.published import ReleaseError
from m3ae.releases.record import Record, Split
from m3ae.shards.read import open_split
from tests.prepare.test_release import run

TEXT = "Frontal chest radiograph."


def write_jsonl(folder: Path, rows: list[dict]) -> Path:
    (folder / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def write_csv(folder: Path, rows: list[dict], delimiter: str = ",") -> Path:
    with (folder / "manifest.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
        table.writeheader()
        table.writerows(rows)
    return folder


def write_parquet(folder: Path, rows: list[dict], index: tuple[str, ...] = (), **types: pa.DataType) -> Path:
    columns = {name: pa.array([row.get(name) for row in rows], types.get(name)) for name in rows[0]}
    described = {b"pandas": json.dumps({"index_columns": list(index), "columns": []}).encode()}
    pq.write_table(pa.table(columns).replace_schema_metadata(described if index else {}), folder / "manifest.parquet")
    return folder


KINDS = [write_jsonl, write_csv, write_parquet]


def png(level: int = 90) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.full((40, 48), level, np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize("write", KINDS)
def test_the_same_rows_are_the_same_records_in_every_kind_of_file(tmp_path, write):
    rows = [
        {"id": "1", "image": "a.png", "texts": TEXT, "split": "train", "patient": "7", "licence": "CC0", "source": "here"},
        {
            "id": "2",
            "image": "b.png",
            "texts": 'A "quoted" text, with a comma.',
            "split": "test",
            "patient": "8",
            "licence": "",
            "source": "",
        },
    ]
    assert list(read(write(tmp_path, rows))) == [
        Record("1", Split.TRAIN, tmp_path / "a.png", "a.png", (TEXT,), licence="CC0", patient="7"),
        Record("2", Split.TEST, tmp_path / "b.png", "b.png", ('A "quoted" text, with a comma.',), patient="8"),
    ]


WORDS = [
    *({"image": "a.png", word: TEXT} for word in ("texts", "text", "caption", "Caption", " Text ", "captions")),
    *({word: "a.png", "texts": TEXT} for word in ("image_path", "path", "file_name", "filename", "file", "Image Path", "IMAGE")),
    *({"image": "a.png", "texts": TEXT, word: "12.0"} for word in ("patient", "patient_id", "subject_id", "Patient ID")),
    {"image": "a.png", "texts": TEXT, "license": "CC0"},
]


@pytest.mark.parametrize("row", WORDS, ids=str)
@pytest.mark.parametrize("write", KINDS)
def test_other_words_for_a_key_are_understood(tmp_path, write, row):
    record = next(read(write(tmp_path, [row])))
    assert (record.image, record.texts) == (tmp_path / "a.png", (TEXT,))
    assert record.patient == ("12" if "12.0" in row.values() else "") and record.licence == ("CC0" if "license" in row else "")


REFUSED = [
    ({"image": "a.png", "path": "b.png", "texts": TEXT}, r"'image' and 'path' both give the image; leave one of them"),
    ({"image": "a.png", "text": TEXT, "caption": TEXT}, r"'text' and 'caption' both give the texts; leave one of them"),
    (
        {"image": "a.png", "texts": TEXT, "index": "4"},
        r"unknown key 'index'; the known ones are id, image, licence, patient, source, split",
    ),
    ({"texts": TEXT, "img": "a.png"}, r"unknown key 'img'; the known ones are .*; take it out or rename it"),
    ({"image": "a.png"}, r"'texts' is missing"),
    ({"image": "a.png", "texts": TEXT, "split": "held out"}, r"split 'held out' is none of train, validation, test; correct the row"),
]


@pytest.mark.parametrize(("row", "message"), REFUSED)
@pytest.mark.parametrize("write", KINDS)
def test_what_is_not_understood_is_named_with_its_place(tmp_path, write, row, message):
    with pytest.raises(ReleaseError, match=rf"manifest\.(jsonl, line|csv, line|parquet, row) [12]: {message}"):
        list(read(write(tmp_path, [row])))


SPLIT_WORDS = {
    Split.TRAIN: ("train", "Train", "TRAINING", " train "),
    Split.VALIDATION: ("validation", "validate", "val", "valid", "dev", "Dev", "VAL"),
    Split.TEST: ("test", "Testing", "TEST"),
}


@pytest.mark.parametrize("write", KINDS)
def test_splits_in_every_spelling(tmp_path, write):
    rows = [{"image": f"{word}.png", "texts": TEXT, "split": word} for words in SPLIT_WORDS.values() for word in words]
    assert [record.split for record in read(write(tmp_path, rows))] == [split for split, words in SPLIT_WORDS.items() for _ in words]


NUMBERS = [10000032, 10000032.0, "10000032.0", "10000032", " 10000032 ", "1.0000032e+07", "010000032", 1.0000032e7]


@pytest.mark.parametrize("other", NUMBERS, ids=repr)
@pytest.mark.parametrize("write", [write_jsonl, write_csv])
def test_a_patient_in_two_splits_is_found_however_the_number_is_written(tmp_path, write, other):
    rows = [
        {"image": f"{split}.png", "texts": TEXT, "split": split, "patient": name} for split, name in (("train", 10000032), ("test", other))
    ]
    with pytest.raises(ReleaseError, match="patient '10000032' is in train and in test; keep patients apart"):
        list(read(write(tmp_path, rows)))


TYPES = [
    pa.int32(),
    pa.int64(),
    pa.uint64(),
    pa.float32(),
    pa.float64(),
    pa.decimal128(10, 2),
    pa.string(),
    pa.dictionary(pa.int8(), pa.string()),
]


@pytest.mark.parametrize("kind", TYPES, ids=str)
def test_a_column_of_numbers_of_any_type_gives_the_same_patients_and_none_where_there_is_no_number(tmp_path, kind):
    value = Decimal(12) if pa.types.is_decimal(kind) else 12 if pa.types.is_integer(kind) else 12.0 if pa.types.is_floating(kind) else "12"
    rows = [{"image": f"{number}.png", "texts": TEXT, "patient": patient} for number, patient in enumerate((value, None, value))]
    records = list(read(write_parquet(tmp_path, rows, patient=kind)))
    assert [record.patient for record in records] == ["12", "", "12"]
    assert records[0].split is records[2].split is drawn("12") and records[1].split is drawn("1.png")


def test_a_patient_of_many_spellings_is_drawn_into_one_split(tmp_path):
    rows = [
        {"image": f"{patient}-{number}.png", "texts": TEXT, "patient": spelling}
        for patient in range(10000000, 10000060)
        for number, spelling in enumerate((patient, float(patient), f"{patient}.0", f" {patient}"))
    ]
    records = list(read(write_jsonl(tmp_path, rows)))
    together = [{record.split for record in records[4 * patient : 4 * patient + 4]} for patient in range(60)]
    assert all(len(splits) == 1 for splits in together) and {record.split for record in records} == set(Split)


def test_words_for_none_are_no_patient(tmp_path):
    names = [None, float("nan"), "nan", "NaN", "", "None", "<NA>"]
    rows = [{"image": f"{number}.png", "texts": TEXT, "patient": name, "split": "train"} for number, name in enumerate(names)]
    assert {record.patient for record in read(write_jsonl(tmp_path, rows))} == {""}


def test_an_image_is_one_image_however_its_path_is_written(tmp_path):
    for other in ("./a.png", "x/../a.png", str(tmp_path / "a.png")):
        rows = [{"image": name, "texts": TEXT, "split": split} for name, split in (("a.png", "train"), (other, "test"))]
        with pytest.raises(ReleaseError, match="image 'a.png' is in train and in test; keep images apart"):
            list(read(write_jsonl(tmp_path, rows)))


def test_an_absolute_path_into_a_release_behind_a_link_is_the_same_image(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "own").symlink_to(tmp_path / "real")
    rows = [{"image": name, "texts": TEXT} for name in ("a.png", str(tmp_path / "own/a.png"), str(tmp_path / "real/./a.png"))]
    assert [record.image_id for record in read(write_jsonl(tmp_path / "own", rows))] == ["a.png"] * 3


def test_a_path_that_was_written_on_windows_is_understood_unless_a_file_has_that_name(tmp_path):
    (tmp_path / "odd\\name.png").write_bytes(png())
    rows = [{"image": name, "texts": TEXT} for name in ("images\\a.png", "odd\\name.png")]
    for write in KINDS:
        for path in tmp_path.glob("manifest*"):
            path.unlink()
        assert [record.image_id for record in read(write(tmp_path, rows))] == ["images/a.png", "odd\\name.png"]


def test_what_a_file_says_under_the_name_of_pandas_may_be_anything(tmp_path):
    table = pa.table({"image": ["a.png"], "texts": [TEXT]})
    for said in (b"", b"[]", b"7", b'{"index_columns": 3}', b'{"index_columns": [{"kind": "range"}]}', b"\xff"):
        pq.write_table(table.replace_schema_metadata({b"pandas": said}), tmp_path / "manifest.parquet")
        assert next(read(tmp_path)).texts == (TEXT,)


INDEXES = ["__index_level_0__", "index", "level_0", "case"]


@pytest.mark.parametrize("index", INDEXES)
def test_a_column_that_pandas_calls_an_index_is_no_data(tmp_path, index):
    rows = [{"image": "a.png", "texts": TEXT, index: 7}]
    assert next(read(write_parquet(tmp_path, rows, index=(index,)))).texts == (TEXT,)
    if index != "__index_level_0__":
        with pytest.raises(ReleaseError, match=f"unknown key '{index}'"):
            list(read(write_parquet(tmp_path, rows)))


def test_an_index_that_has_the_name_of_a_key_is_that_key(tmp_path):
    rows = [{"image": "a.png", "texts": TEXT, "patient": "p1"}]
    assert next(read(write_parquet(tmp_path, rows, index=("patient",)))).patient == "p1"


@pytest.mark.parametrize("index", ["", "Unnamed: 0", "Unnamed: 0.1", "Unnamed: 12"])
@pytest.mark.parametrize("write", KINDS)
def test_an_index_without_a_name_is_no_data_read_again_or_not(tmp_path, write, index):
    record = next(read(write(tmp_path, [{index: "0", "image": "a.png", "texts": TEXT}])))
    assert (record.texts, record.image_id) == ((TEXT,), "a.png")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_spreadsheets_file_with_its_mark_its_empty_rows_and_its_separator(tmp_path, delimiter):
    lines = [["Image", "Caption", ""], ["a.png", '"Two, or; more"', ""], ["", "", ""], [" b.png", TEXT, ""], ["", "", ""]]
    text = "\ufeff" + "\r\n".join(delimiter.join(line) for line in lines) + "\r\n"
    (tmp_path / "manifest.csv").write_bytes(text.encode())
    assert [(record.image_id, record.texts) for record in read(tmp_path)] == [("a.png", ("Two, or; more",)), ("b.png", (TEXT,))]


WRONG_CSV = [
    ("image,texts\na.png,one, two\n", r"line 2: 2 fields expected, 3 found; a field with ',' in it needs quotes"),
    ("image;texts\na.png;one; two\n", r"line 2: 2 fields expected, 3 found; a field with ';' in it needs quotes"),
    ("image,texts,texts\na.png,b,c\n", r"line 1: the columns texts are there twice"),
    ("image,texts\na.png,\"['one', 'two']\"\n", r"line 2: 'texts' is a list, but a field of a CSV file is one text"),
]


@pytest.mark.parametrize(("content", "message"), WRONG_CSV)
def test_a_csv_file_that_cannot_be_told_apart_is_an_error(tmp_path, content, message):
    (tmp_path / "manifest.csv").write_text(content)
    with pytest.raises(ReleaseError, match=rf"manifest\.csv, {message}"):
        list(read(tmp_path))


def test_a_csv_file_without_rows_has_no_records(tmp_path):
    for content in ("", "image,texts\n", "\n\n"):
        (tmp_path / "manifest.csv").write_text(content)
        assert list(read(tmp_path)) == []


HUB = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


@pytest.mark.parametrize("row_group_size", [1, 2, 100])
def test_a_path_beside_null_bytes_names_the_image_and_rows_may_differ(tmp_path, row_group_size):
    release = tmp_path / "own"
    (release / "sub").mkdir(parents=True)
    (release / "sub/a.png").write_bytes(png(40))
    (tmp_path / "secret.png").write_bytes(png())
    images = [
        {"bytes": None, "path": "sub/a.png"},
        {"bytes": png(200), "path": "anything.png"},
        {"bytes": None, "path": None},
        None,
        {"bytes": None, "path": "../secret.png"},
        {"bytes": None, "path": "nowhere.png"},
    ]
    columns = {"id": list("abcdef"), "image": pa.array(images, HUB), "texts": [TEXT] * 6, "split": ["train"] * 6}
    pq.write_table(pa.table(columns), release / "manifest.parquet", row_group_size=row_group_size)
    figures = run("own", release, tmp_path / "out")
    assert figures["dropped"] == {"no image bytes": 2, "path leaves the release": 1, "missing image": 1}
    stored = open_split(tmp_path / "out", "train")
    assert [stored.row(number)["id"] for number in range(2)] == ["a", "b"]
    assert [int(stored.pixels(number).max()) for number in range(2)] == [40, 200]


def test_a_file_all_of_whose_images_are_paths(tmp_path):
    (tmp_path / "a.png").write_bytes(png())
    for kind in (HUB, pa.struct([("path", pa.string()), ("bytes", pa.null())])):
        columns = {"image": pa.array([{"bytes": None, "path": "a.png"}], kind), "texts": [TEXT]}
        pq.write_table(pa.table(columns), tmp_path / "manifest.parquet")
        record = next(read(tmp_path))
        assert (record.image, record.image_id, record.content) == (tmp_path / "a.png", "a.png", None)


def test_the_hubs_structure_in_json_names_the_image_too(tmp_path):
    rows = [{"image": {"bytes": None, "path": "a.png"}, "texts": TEXT}]
    assert next(read(write_jsonl(tmp_path, rows))).image == tmp_path / "a.png"


def test_the_same_bytes_are_the_same_image(tmp_path):
    columns = {"image": [png(40), png(80), png(40)], "texts": [TEXT] * 3, "split": ["train", "test", "test"]}
    pq.write_table(pa.table(columns), tmp_path / "manifest.parquet")
    with pytest.raises(ReleaseError, match="row 3: image '[0-9a-f]{32}' is in train and in test; keep images apart"):
        list(read(tmp_path))


def test_a_path_that_cannot_be_read_is_an_error_that_names_its_row_group(tmp_path):
    paths = pa.array([b"caf\xe9.jpg"]).view(pa.string())
    images = pa.StructArray.from_arrays([pa.array([None], pa.binary()), paths], ["bytes", "path"])
    pq.write_table(pa.table({"image": images, "texts": [TEXT]}), tmp_path / "manifest.parquet")
    with pytest.raises(ReleaseError, match=r"row group 0 \(from 0\): a path in 'image' cannot be read"):
        list(read(tmp_path))


@pytest.mark.parametrize("content", ["1", "a.", "[", "creativecommons.org/licenses/"])
@pytest.mark.parametrize("key", ["image", "texts", "patient", "id", "licence"])
@pytest.mark.parametrize("write", KINDS)
def test_a_megabyte_in_one_field_takes_no_time(tmp_path, linear, write, key, content):
    row = {"image": "a.png", "texts": TEXT, "patient": "p", "id": "a", "split": "train", "licence": "CC0"}
    linear(lambda size: list(read(write(tmp_path, [row | {key: content * (size // len(content))}]))))
