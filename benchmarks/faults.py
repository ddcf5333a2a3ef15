"""Damaged inputs, family by family, drawn anew from a seed: what becomes of each. docs/reliability.md has a table of it.

python -m benchmarks.faults [--seed 1] [--count 250] [FAMILY ...]

A try is survived where the content that is read is the one that was written, or where one line names the file. Everything else is
counted by its kind: other content without a word, a traceback, a signal, more time or memory than a try is given.
"""

import argparse
import contextlib
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import torch

from benchmarks.fault_families import FAMILIES, Family

SECONDS, MEMORY = 30, 8 << 30  # of one try
SAME, NAMED = "the same content", "named in one line"
SURVIVED = (SAME, NAMED)


class Tally(NamedTuple):
    tries: int
    kinds: Counter[str]
    examples: dict[str, str]  # of what was not survived

    @property
    def survived(self) -> int:
        return sum(self.kinds[kind] for kind in SURVIVED)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("families", nargs="*", metavar="FAMILY", help=f"one of {', '.join(FAMILIES)}; all where none is given")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, help="tries of each family; else as many as the table has")
    arguments = parser.parse_args()
    torch.set_num_threads(1)  # a fork has none of its parent's threads, and would wait for them
    print("| test | tries | survived |\n|---|---|---|")
    tallies = {name: tally(FAMILIES[name], arguments.seed, arguments.count) for name in arguments.families or FAMILIES}
    for name, found in tallies.items():
        for kind, example in found.examples.items():
            print(f"{name}: {kind}, {found.kinds[kind]} times, such as {example}")
    sys.exit(any(found.survived < found.tries for found in tallies.values()))


def tally(family: Family, seed: int, count: int | None) -> Tally:
    """Damage what the family makes, `count` times, and print the line of the table."""
    tries = count or family.count
    found = Tally(tries, Counter(), {})
    with tempfile.TemporaryDirectory() as scratch:
        whole, damaged = Path(scratch, "whole"), Path(scratch, "damaged")
        family.make(whole)
        expected = family.read(whole)
        for number in range(tries):
            rng = random.Random(f"{seed} {family.title} {number}")
            shutil.rmtree(damaged, ignore_errors=True)
            shutil.copytree(whole, damaged)
            what = family.damage(damaged, rng)
            kind, said = outcome(lambda: family.read(damaged) == expected, Path(scratch, "said"))
            found.kinds[kind] += 1
            if kind not in SURVIVED:
                found.examples.setdefault(kind, f"try {number}, {what}: {said}")
    print(f"| {family.title} | {tries:,} | {found.survived:,} |", flush=True)
    return found


def outcome(is_same: Callable[[], bool], said: Path) -> tuple[str, str]:
    """Return what became of a try in a process of its own, and what it said."""
    said.write_text("")
    child = os.fork()
    if not child:
        with contextlib.suppress(BaseException):
            attempt(is_same, said)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return f"ended by {signal.Signals(os.WTERMSIG(status)).name}", ""
    kind, _, words = said.read_text().partition("\n")
    return kind or "no word", words


def attempt(is_same: Callable[[], bool], said: Path) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.alarm(SECONDS)
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    try:
        kind, words = (SAME if is_same() else "other content without a word"), ""
    except SystemExit as error:
        words = str(error)
        kind = NAMED if is_one_line(words) else "more than one line, or no file"
    except BaseException as error:
        kind, words = "a traceback", f"{type(error).__name__}: {error}"[:300]
    said.write_text(f"{kind}\n{words}")


def is_one_line(words: str) -> bool:
    """Return whether `words` are a line that begins with a path."""
    return "\n" not in words.strip() and "/" in words.partition(": ")[0]


if __name__ == "__main__":
    main()
