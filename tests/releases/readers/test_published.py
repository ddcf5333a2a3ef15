"""What the readers share: lines, CSV, JSON and values, by what they hold."""

import gzip
import json
import os
from decimal import Decimal

import pytest

from m3ae.releases.readers.published import (
    ReleaseError,
    answer_kind,
    as_text,
    csv_rows,
    first_present,
    json_lines,
    json_rows,
    lines,
    none_of,
    split_files,
    split_named,
)
from m3ae.releases.readers.tables import table_rows
from m3ae.releases.record import Split

HEADER = "id,caption\n"


def table(folder, content: str | bytes):
    path = folder / "t.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


READABLE = {
    "a mark at the start and CRLF": ("\ufeffid,caption\r\na,b\r\n", [(2, ["b", "a"])]),
    "blank lines": ("id,caption\n\na,b\n  \n\nc,d\n\n", [(3, ["b", "a"]), (6, ["d", "c"])]),
    "a field over several lines": ('id,caption\na,"b, \r\n""c"""\nd,e\n', [(2, ['b, \r\n"c"', "a"]), (4, ["e", "d"])]),
    "no line end at the end": ("id,caption\na,b", [(2, ["b", "a"])]),
    "separators of other alphabets": ("id,caption\na,b\u2028c\x85d\n", [(2, ["b\u2028c\x85d", "a"])]),
    "a field of a megabyte": (HEADER + "a," + "b" * 1_000_000 + "\n", [(2, ["b" * 1_000_000, "a"])]),
    "blanks in the header": ("id , caption\na,\n", [(2, ["", "a"])]),
}


@pytest.mark.parametrize("name", READABLE)
def test_a_table_is_read_under_its_header_with_each_rows_first_line(tmp_path, name):
    content, rows = READABLE[name]
    assert list(csv_rows(table(tmp_path, content), "caption", "id")) == rows


WRONG = [
    (HEADER + "a,b\nc\n", r"t\.csv, line 3: 2 fields expected, 1 found"),
    (HEADER + "a,b,c\n", r"t\.csv, line 2: 2 fields expected, 3 found; a field with a comma needs quotes"),
    (HEADER + 'a,b\nc,"d\ne,f\n', r"t\.csv, line 3: is no row of a CSV file \(unexpected end of data\)"),
    (HEADER + 'a,"b" c\n', r"t\.csv, line 2: is no row of a CSV file"),
    (HEADER + "a,b\rc,d\n", r"t\.csv, line 2: is no row of a CSV file"),
    (HEADER.encode() + b'a,"b\ncaf\xe9"\n', r"t\.csv, line 3: is not UTF-8"),
    ("id,text\na,b\n", r"t\.csv: a table with the columns caption, id expected, one of each"),
    ("", r"t\.csv: a table with the columns caption, id expected"),
]


@pytest.mark.parametrize(("content", "message"), WRONG)
def test_a_row_that_is_none_is_an_error_that_names_its_line(tmp_path, content, message):
    with pytest.raises(ReleaseError, match=message + ".*correct the file"):
        list(csv_rows(table(tmp_path, content), "caption", "id"))


def test_a_carriage_return_within_a_line_is_an_error_for_three_records_would_be_one(tmp_path):
    (tmp_path / "captions.txt").write_bytes(b"a\tb\r\nc\td\re\tf\rg\th\n")
    with pytest.raises(ReleaseError, match=r"captions\.txt, line 2: a carriage return stands within the line"):
        list(lines(tmp_path / "captions.txt"))


@pytest.mark.parametrize("read", [lines, json_lines, json_rows, lambda path: csv_rows(path, "id")])
def test_a_folder_in_a_files_place_is_an_error(tmp_path, read):
    (tmp_path / "train.json").mkdir()
    with pytest.raises(ReleaseError, match=r"train\.json: cannot be read \(Is a directory\)"):
        list(read(tmp_path / "train.json"))


@pytest.mark.parametrize("read", [json_lines, json_rows])
def test_json_nested_too_deep_is_an_error(tmp_path, read):
    (tmp_path / "train.json").write_text("[" * 100_000 + "]" * 100_000)
    with pytest.raises(ReleaseError, match=r"train\.json.*: is not JSON \(maximum recursion depth"):
        list(read(tmp_path / "train.json"))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (float("nan"), ""),
        (float("-inf"), ""),
        (2.5, "2.5"),
        (3, "3"),
        (3.0, "3"),
        (1e16, "10000000000000000"),
        (Decimal("12.50"), "12.50"),
        (True, "yes"),
        ("\U0001f600", "\U0001f600"),
    ],
)
def test_a_value_as_text(tmp_path, value, text):
    assert as_text(value, "answer", tmp_path, "row 1") == text


@pytest.mark.parametrize("value", ["\ud800", "a\udfffb", json.loads('"\\ud83d"')])
def test_half_a_character_is_an_error_that_names_the_row(tmp_path, value):
    with pytest.raises(ReleaseError, match=r"f, row 7: 'qid' holds half a character \(a lone surrogate\): '.*\\ud.*correct the file"):
        as_text(value, "qid", "f", "row 7")


READERS = [lines, json_lines, json_rows, lambda path: csv_rows(path, "id"), table_rows]


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("name", ["train.json", "train.csv.gz"])
def test_a_pipe_in_a_files_place_is_an_error_and_nobody_waits_for_its_end(tmp_path, read, name):
    os.mkfifo(tmp_path / name)
    with pytest.raises(ReleaseError, match=rf"{name}: .*\(it is n"):
        list(read(tmp_path / name))
    with pytest.raises(ReleaseError, match=f"{name}: is neither a file nor a folder"):
        first_present(tmp_path, "other", name)


def test_a_packed_file_is_read_as_the_file_in_it(tmp_path):
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(b"\xef\xbb\xbfid,caption\r\na,b\r\n"))
    assert list(csv_rows(tmp_path / "t.csv.gz", "caption")) == [(2, ["b"])]
    for content, problem in (
        (b"id,caption", "Not a gzipped file"),
        (gzip.compress(b"a" * 99)[:-12], "Compressed file ended"),
        (b"\x1f\x8b", ".*"),
    ):
        (tmp_path / "t.csv.gz").write_bytes(content)
        with pytest.raises(ReleaseError, match=rf"t\.csv\.gz: cannot be read \({problem}"):
            list(csv_rows(tmp_path / "t.csv.gz", "caption"))


def test_a_split_is_named_in_any_spelling_and_case():
    assert [split_named(name) for name in ("TRAIN", "training", " Val ", "validate", "dev", "Testing")] == [
        *[Split.TRAIN] * 2,
        *[Split.VALIDATION] * 3,
        Split.TEST,
    ]
    assert [split_named(name) for name in ("", "tr", "trains", "all", "train,test")] == [None] * 5


def test_the_files_of_splits_are_found_by_the_first_pattern_in_any_spelling(tmp_path):
    for name in ("trainset.json", "train.json", "valid.json", "other.json"):
        (tmp_path / name).touch()
    assert split_files(tmp_path, "*set.json", "*.json") == {
        Split.TRAIN: tmp_path / "trainset.json",
        Split.VALIDATION: tmp_path / "valid.json",
    }


def test_the_error_of_an_unknown_folder_names_some_of_what_is_there(tmp_path):
    error = str(none_of(tmp_path, ("a.csv", "b.csv"), "unpack it"))
    assert error == f"{tmp_path}: none of a.csv, b.csv is here; what is here: nothing; unpack it"
    assert str(none_of(tmp_path / "no", ("a.csv",), "unpack it")).endswith("what is here: nothing; unpack it")
    (tmp_path / "images").mkdir()
    for name in (*map(str, range(1200)), os.fsdecode(b"caf\xe9")):
        (tmp_path / name).touch()
    assert "what is here: 0, 1, 10, 100, 1000, 1001 and 1,196 more; unpack it" in str(none_of(tmp_path, ("a.csv",), "unpack it"))


@pytest.mark.parametrize(
    ("answers", "kind"), [(["Yes"], "closed"), ([" no ", "YES"], "closed"), (["yes", "left"], "open"), (["yes."], "open")]
)
def test_yes_and_no_are_closed(answers, kind):
    assert answer_kind(answers) == kind
