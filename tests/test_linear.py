"""No text takes longer than its length: lines of a million characters through every regular expression that reads what others wrote."""

import pkgutil
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import regex

import m3ae
from m3ae.prepare.answers import normalised
from m3ae.prepare.texts import cleaned
from m3ae.releases.licences import family
from m3ae.releases.readers.ids import patient_id
from m3ae.releases.readers.mimic_cxr import sections
from m3ae.releases.readers.roco import read_links
from m3ae.words import num_words

ROOMS = ("prepare", "releases", "disk", "lineage", "words")  # what a model folder says is short, and is held to it
LONG, SHORTER = 10**6, 10**5  # characters
Pattern = re.Pattern | regex.Pattern
SECONDS = 10  # of the processor; the square of the shorter length takes minutes
REPEATED = (
    *("a", "0", " ", "\t", "\n", "<", "&", "/", ".", "-", "_", "e+", "0.", "x=", "a ", " a", "&#0", "&a", "</"),
    *("a.tar.gz", "ROCO_0", "\tROCO_", "unnamed:_0", "https://", "/files/md5/aa/", "ftyp", "\0"),
    *("\u0301", "\u0301\u0316", "\u4e2d", "\u0e01\u0e31", "cc-by-", "non-", "FINDINGS", "A:"),
)
STARTS = ("", "<sup a=", "<p ", "&", "ROCO_1\t", "cc-by", "https://creativecommons.org/licenses/", "1.", "unnamed:_", "[ ")


@contextmanager
def limited() -> Iterator[None]:
    def stop(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def modules() -> Iterator[Any]:
    for found in pkgutil.walk_packages(m3ae.__path__, "m3ae."):
        if found.name.split(".")[1] in ROOMS and not found.ispkg:
            yield import_module(found.name)


def patterns_in(name: str, value: Any) -> Iterator[tuple[str, Pattern]]:
    """Each pattern with the name, of a module or of a field, that it is used by."""
    if isinstance(value, re.Pattern | regex.Pattern):
        yield name, value
    elif isinstance(value, tuple | list):
        names = getattr(value, "_fields", [name] * len(value))
        yield from (found for field, part in zip(names, value, strict=True) for found in patterns_in(field, part))
    elif isinstance(value, dict):
        yield from patterns_in(name, list(value.values()))


SOURCE = "".join(path.read_text(encoding="utf-8") for room in ROOMS for path in sorted(Path(m3ae.__path__[0]).glob(f"{room}*/**/*.py")))
PATTERNS = {found for module in modules() for name, value in vars(module).items() for found in patterns_in(name, value)}


@cache
def ways(name: str) -> set[str]:
    """How the code uses what has this name: whatever looks everywhere in a text is a search."""
    used = set(re.findall(rf"\b{name}\.(search|match|fullmatch|sub|finditer|findall|split)\(", SOURCE))
    return {way if way in ("match", "fullmatch") else "search" for way in used} or {"search"}


def test_all_patterns_are_found():
    assert len(PATTERNS) > 50 and SOURCE.count("re.compile(") <= len(PATTERNS)


@pytest.mark.parametrize("start", STARTS)
def test_no_expression_takes_the_square_of_a_texts_length(start):
    for text in (start + part * (SHORTER // len(part)) for part in REPEATED):
        for name, pattern in PATTERNS:
            of_its_kind = text if isinstance(pattern.pattern, str) else text.encode()
            try:
                with limited():
                    for way in ways(name):
                        getattr(pattern, way)(of_its_kind)
            except TimeoutError:
                pytest.fail(f"{name} on {text[:40]!r}")


READERS = {
    "a caption": cleaned,
    "words": num_words,
    "an answer": normalised,
    "a licence": family,
    "an id": patient_id,
    "a report": lambda text: sections(iter([text])),
}


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("part", ["a", " ", "<sup a= ", "<p\t", "\u0301\u0316", "0,0.", "FINDINGS: ", "cc-by-nc-"])
def test_a_line_of_a_million_characters_is_read_in_seconds(name, part):
    for text in (part * (LONG // len(part)), "<sup x=" + part * (LONG // len(part))):
        with limited():
            READERS[name](text)


def test_a_link_of_a_million_letters_is_read_in_seconds(tmp_path):
    path = tmp_path / "dlinks.txt"
    path.write_text("ROCO_1\t" + "a" * LONG + ".tar.gz\tx.jpg\n")
    with limited():
        assert read_links(path)["ROCO_1"].endswith("_x.jpg")
