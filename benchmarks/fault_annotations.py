"""The family of damaged annotations: files of every layout cut, flipped, in other encodings, with other types and hostile texts.

A try is survived where the release is read and every row is kept, or dropped under a reason and counted, or where one line names the file
and the remedy. Damage in one place of a file may touch one row of it, or the two that share a report or a name; no row may vanish.
"""

import gzip
import json
import random
import shutil
from collections import Counter
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.fault_bytes import Change, cut, flip, hole, lost, noise
from benchmarks.fault_family import ACCOUNTED, SAME, Family
from benchmarks.fault_releases import NUM_ROWS, PARAMS, RELEASES
from m3ae.prepare.release import Choices, prepare
from m3ae.releases import listing
from m3ae.releases.catalogue import CATALOGUE
from m3ae.releases.inventory import take_inventory
from m3ae.releases.record import Record, Split
from m3ae.shards.read import open_split

PLAN, OUT = "plan.json", "out"
KINDS = {".txt", ".json", ".jsonl", ".csv", ".gz", ".xml", ".parquet"}
MOST_TOUCHED = 2  # rows, of damage in one place
INSERTED = (
    *('"', "'", ",", ";", "\t", "|", "\r", "\0", "\ufeff", "\u2028", "\x1a", "#", "\\", "<", "&bomb;", "<!ENTITY x 'y'>", "\u202e"),
    *(
        "../" * 9,
        "/etc/passwd",
        "x" * 300,
        "9" * 5000,
        "1e999",
        "NaN",
        "null",
        "{",
        "[" * 2000,
        "%s{0}${x}",
        "<script>",
        "ROCO_00001\t",
        "\t\t\t",
    ),
)
LONG = ("x", " ", "\t", '"', "\u0301\u0316", "<sup a= ", "&#0", "9", "0.", "\\", "=")  # repeated to a million characters
STRANGE = (
    *(
        None,
        True,
        0,
        -1,
        2.5,
        10**30,
        10**4000,
        1e308,
        float("inf"),
        float("nan"),
        "",
        " ",
        "\0",
        "\ud800",
        "\u200b",
        "/etc/passwd",
        "x" * 300,
    ),
    *(
        [],
        [[]],
        {},
        {"a": 1},
        [None],
        ["a"] * 9,
        "y" * 10**5,
        ["z" * 3000],
        {"bytes": "x", "path": None},
        {"path": 5, "bytes": None},
        "..",
        "a/" * 300,
    ),
)
COLUMNS: tuple[Callable[[int], pa.Array], ...] = (
    lambda rows: pa.nulls(rows),
    lambda rows: pa.array([b"\xff\xfe"] * rows),
    lambda rows: pa.array([1.5e300] * rows),
    lambda rows: pa.array([2**62] * rows).cast(pa.timestamp("us")),
    lambda rows: pa.array([2**62] * rows).cast(pa.duration("s")),
    lambda rows: pa.array([["a", None]] * rows),
    lambda rows: pa.array([{"bytes": None, "path": "images/0.png"}] * rows),
    lambda rows: pa.array([{"bytes": b"", "path": None}] * rows),
    lambda rows: pa.array([{"bytes": "x", "path": 3}] * rows),
    lambda rows: pa.array([{"path": "/etc/passwd"}] * rows),
    lambda rows: pa.array(["a"] * rows).dictionary_encode(),
    lambda rows: pa.array(["", None, "x" * 10**5] * rows, pa.large_string())[:rows],
    lambda rows: pa.array([True] * rows),
    lambda rows: pa.array([{"a": {"b": [{"c": 1}]}}] * rows),
    lambda rows: pa.array([[("k", 1)]] * rows, pa.map_(pa.string(), pa.int8())),
    lambda rows: pa.Array.from_buffers(
        pa.string(), rows, [None, pa.array([0] + [2] * rows, pa.int32()).buffers()[1], pa.py_buffer(b"\xff\xfe")]
    ),
)


class Reading(NamedTuple):
    """What was read of a damaged release."""

    layout: str
    is_narrow: bool  # the damage was in one place
    may_vanish: bool  # a report may name fewer images, and nobody can know
    content: Any


def make_annotations(folder: Path) -> None:
    for layout, (name, make) in RELEASES.items():
        make(folder / layout / name)


def read_annotations(folder: Path) -> Any:
    """Return the content of the layout that was damaged or, where nothing was, of all by layout."""
    if not (folder / PLAN).exists():
        return {layout: read_release(folder / layout / name, folder / OUT / layout) for layout, (name, _) in RELEASES.items()}
    plan = json.loads((folder / PLAN).read_text(encoding="utf-8"))
    layout = plan["layout"]
    return Reading(**plan, content=read_release(folder / layout / RELEASES[layout][0], folder / OUT))


def read_release(folder: Path, out: Path) -> Any:
    """Read and prepare a release; return its records and the counts. Raises AssertionError where they do not add up."""
    found, choices = take_inventory(folder), Choices(0, "strict", "by_protocol", (), ("en",), "p_meth_label", (), PARAMS)
    records = Counter(map(told, CATALOGUE[folder.name].read(folder)))
    with redirect_stdout(None):
        figures = prepare(folder.name, folder, found, out / "shards", choices, workers=1, state=out / "state")
    list(listing.found(folder.name, folder))
    rows = [row for split in Split for row in stored_rows(out / "shards", split)]
    assert figures["read"] == figures["kept"] + sum(figures["dropped"].values()) and figures["kept"] == len(rows)
    assert figures["read"] >= records.total(), "a row is not accounted for"
    return records, rows


def stored_rows(shards: Path, split: Split) -> list[tuple]:
    stored = open_split(shards, split)
    return [(stored.row(number), stored.pixels(number).tobytes()) for number in range(len(stored))]


def told(row: Any) -> tuple:
    """Return what a row says; its number and its drawn split may change with another row."""
    return (row.texts, row.answers, row.licence, row.image.name) if isinstance(row, Record) else (row.reason, row.image)


def judged(expected: Any, found: Reading) -> str:
    """Return what became of the try."""
    before, after = expected[found.layout][0], found.content[0]
    if expected[found.layout] == found.content:
        return SAME
    gone, new = (before - after).total(), (after - before).total()
    if found.is_narrow and max(gone, new) > MOST_TOUCHED:
        return f"{max(gone, new)} other rows, for damage in one place"
    if found.is_narrow and after.total() < before.total() and not found.may_vanish:
        return "a row vanished without a word"
    return ACCOUNTED


def damage_annotations(whole: Path, damaged: Path, rng: random.Random, number: int) -> str:
    layout = list(RELEASES)[number % len(RELEASES)]
    shutil.copytree(whole / layout, damaged / layout)
    files = sorted(path for path in (damaged / layout).rglob("*") if path.suffix in KINDS)
    path = rng.choice(files)
    changes = [*BYTES, *(TABLES if path.suffix == ".parquet" else TEXTS), *(VALUES if path.suffix in (".json", ".jsonl") else ())]
    change = rng.choice(changes)
    content = path.read_bytes()
    is_zipped = path.suffix == ".gz" and rng.random() < 0.8
    said = change(path, gzip.decompress(content) if is_zipped else content, rng)
    if is_zipped and path.is_file():
        path.write_bytes(gzip.compress(path.read_bytes(), mtime=0))
    narrow = change in NARROW and path.suffix not in (".gz", ".parquet")
    plan = {"layout": layout, "is_narrow": narrow, "may_vanish": path.suffix == ".xml"}
    (damaged / PLAN).write_text(json.dumps(plan), encoding="utf-8")
    return f"{path.relative_to(damaged)}: {change.__name__}{said}"


def empty(path: Path, _content: bytes, rng: random.Random) -> str:
    path.write_bytes(new := rng.choice((b"", b"\n", b"\0" * 999, b"\xef\xbb\xbf", b"[]", b"{}", b"null", b"[" * 10**5)))
    return f", {new[:9]!r}"


def twice(path: Path, content: bytes, _rng: random.Random) -> str:
    path.write_bytes(2 * content)
    return ""


def gone(path: Path, _content: bytes, rng: random.Random) -> str:
    path.unlink()
    if rng.random() < 0.5:
        path.mkdir()
        return ", a folder in its place"
    return ""


def encoded(path: Path, content: bytes, rng: random.Random) -> str:
    encoding = rng.choice(("utf-16", "utf-8-sig", "utf-32-le", "cp1252", "cp037"))
    path.write_bytes(content.decode("utf-8", "replace").encode(encoding, "replace"))
    return f" as {encoding}"


def ended(path: Path, content: bytes, rng: random.Random) -> str:
    end = rng.choice((b"\r\n", b"\r", b"\n\n", b"\x0b", b"\x1e\n", b"\xe2\x80\xa8"))
    path.write_bytes(content.replace(b"\n", end))
    return f" by {end!r}"


def joined(path: Path, content: bytes, rng: random.Random) -> str:
    ends = [place for place, byte in enumerate(content) if byte == 10] or [0]
    place = rng.choice(ends)
    path.write_bytes(content[:place] + content[place + 1 :])
    return f", the line feed at {place}"


def repeated(path: Path, content: bytes, rng: random.Random) -> str:
    lines = content.splitlines(keepends=True)
    place = rng.randrange(len(lines))
    path.write_bytes(b"".join([*lines[:place], lines[place], *lines[place:]]))
    return f", line {place + 1}"


def inserted(path: Path, content: bytes, rng: random.Random) -> str:
    place, text = rng.randrange(len(content) + 1), rng.choice(INSERTED)
    path.write_bytes(content[:place] + text.encode() + content[place:])
    return f" {text[:20]!r} at {place}"


def lengthened(path: Path, content: bytes, rng: random.Random) -> str:
    place, text = rng.randrange(len(content) + 1), rng.choice(LONG)
    path.write_bytes(content[:place] + (text * (10**6 // len(text))).encode() + content[place:])
    return f" by {text!r} at {place}"


def retyped(path: Path, content: bytes, rng: random.Random) -> str:
    """Change one value, or the name of one, in one row."""
    in_lines = path.suffix == ".jsonl"
    rows = [json.loads(line) for line in content.splitlines()] if in_lines else json.loads(content)
    row = rng.choice(rows)
    key, value = rng.choice(sorted(row)), rng.choice(STRANGE)
    how = rng.choice(("value", "value", "value", "removed", "renamed", "nested"))
    old = row.pop(key)
    row |= {"value": {key: value}, "removed": {}, "renamed": {str(value)[:50]: old}, "nested": {key: nested(old)}}[how]
    text = "".join(f"{json.dumps(row)}\n" for row in rows) if in_lines else json.dumps(rows)
    path.write_text(text, encoding="utf-8")
    return f", {key} {how}, {str(value)[:20]!r}"


def nested(value: Any) -> Any:
    for _ in range(200):
        value = [value]
    return value


def another_column(path: Path, _content: bytes, rng: random.Random) -> str:
    columns = pq.read_table(path)
    place, new = rng.randrange(columns.num_columns), rng.choice(COLUMNS)
    how, name = rng.choice(("type", "type", "type", "dropped", "twice", "renamed", "none")), columns.column_names[place]
    if how == "type":
        columns = columns.set_column(place, name, new(columns.num_rows))
    elif how == "dropped":
        columns = columns.drop_columns([name])
    elif how == "twice":
        columns = columns.append_column(name, columns[place])
    elif how == "renamed":
        columns = columns.rename_columns([f"{column}\0" if column == name else column for column in columns.column_names])
    else:
        columns = columns.slice(0, 0)
    pq.write_table(columns, path, row_group_size=rng.choice((1, 4, NUM_ROWS)), compression=rng.choice(("snappy", "gzip", "none", "zstd")))
    return f", {name} {how}, {COLUMNS.index(new)}"


BYTES: tuple[Change, ...] = (flip, flip, flip, cut, hole, lost, noise, empty, twice, gone)
TEXTS: tuple[Change, ...] = (encoded, ended, joined, repeated, inserted, inserted, inserted, lengthened)
VALUES: tuple[Change, ...] = (retyped,) * 8
TABLES: tuple[Change, ...] = (flip,) * 4 + (another_column,) * 8
NARROW = {flip, joined, repeated, inserted, retyped}

FAMILIES = {"annotations": Family("annotation files, damaged", 9000, make_annotations, read_annotations, damage_annotations, judged)}
