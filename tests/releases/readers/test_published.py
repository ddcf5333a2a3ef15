"""What the readers share: lines, CSV, JSON and values, by what they hold."""

import json

import pytest

from m3ae.releases.readers.published import ReleaseError, as_text, csv_rows, json_lines, json_rows, lines

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
