"""Every family of faults at a handful of tries: all are survived. The whole numbers: `python -m benchmarks.faults`."""

import random
import subprocess
import sys

import pytest

from benchmarks import fault_annotations
from benchmarks.fault_annotations import Reading, judged
from benchmarks.fault_family import ACCOUNTED, SAME, Family
from benchmarks.fault_releases import RELEASES
from benchmarks.faults import MODULES, NAMED, is_one_line, tally
from m3ae.releases.catalogue import CATALOGUE
from tests.commands import ENVIRONMENT

HANDFUL = {"shards": 6, "models": 6, "lists": 6, "settings": 6, "annotations": 2 * len(RELEASES), "images": 60, "kills": 3, "disks": 5}
SEED = 7


@pytest.mark.parametrize("name", MODULES)
def test_a_family_is_survived(name):
    """In a process of its own: a try is a fork, and what a library's threads hold when a process is forked is held for ever."""
    program = "tests.workers.disturbed" if name in ("kills", "disks") else "benchmarks.faults"
    command = [sys.executable, "-m", program, name, "--count", str(HANDFUL[name]), "--seed", str(SEED)]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=600)
    if "a small disk needs the right to mount one" in done.stderr:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"| {HANDFUL[name]} | {HANDFUL[name]} |" in done.stdout


def test_every_reader_has_a_release_that_is_damaged():
    assert {name for name, _ in RELEASES.values()} == CATALOGUE.keys()


def read_all(folder):
    return folder.read_text(encoding="utf-8")


def spoil(said: str):
    def damage(whole, damaged, _rng: random.Random, _number: int) -> str:
        damaged.write_text(said, encoding="utf-8")
        return "all of it"

    return damage


def make(folder):
    folder.write_text("as written", encoding="utf-8")


def read_or_exit(folder):
    words = folder.read_text(encoding="utf-8")
    if words == "as written":
        return words
    if words == "raise":
        raise ValueError(words)
    raise SystemExit(words)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("as written", SAME),
        ("/a/b: is cut; run it again", NAMED),
        ("/a/b: is cut", "more than one line, or no file and remedy"),
        ("it is cut; run it again", "more than one line, or no file and remedy"),
        ("/a/b: is cut;\n run it again", "more than one line, or no file and remedy"),
        ("raise", "a traceback"),
    ],
)
def test_what_became_of_a_try_is_told(words, kind, capsys):
    found = tally(Family("a file", 1, make, read_or_exit, spoil(words)), SEED, None)
    assert list(found.kinds) == [kind] and found.survived == (kind in (SAME, NAMED)) == (not found.examples)
    assert f"| a file | 1 | {found.survived} |" in capsys.readouterr().out


def test_another_content_without_a_word_is_not_survived():
    found = tally(Family("a file", 1, make, read_all, spoil("another")), SEED, None)
    assert found.kinds == {"other content": 1} and not found.survived


def test_a_row_that_vanishes_is_not_survived():
    whole = fault_annotations.Counter(["a", "b", "c"])
    for rows, is_narrow, kind in (
        (["a", "b", "c"], True, SAME),
        (["a", "b", "d"], True, ACCOUNTED),
        (["a", "b"], True, "a row vanished without a word"),
        (["a", "b"], False, ACCOUNTED),
        (["d", "e", "f"], True, "3 other rows, for damage in one place"),
    ):
        content = (fault_annotations.Counter(rows), rows)
        assert judged({"own": (whole, ["a", "b", "c"])}, Reading("own", is_narrow, False, content)) == kind


def test_a_line_names_a_file_and_a_remedy():
    assert is_one_line("a/b.json, line 3: is not JSON (a: b); unpack it again") and not is_one_line("Traceback: a/b; c")
