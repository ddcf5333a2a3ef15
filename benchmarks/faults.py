"""Damaged inputs, family by family, drawn anew from a seed: what becomes of each. docs/reliability.md has a table of it.

python -m benchmarks.faults [--seed 1] [--count 250] [FAMILY ...]      Ctrl-C ends a family, and the table has the tries so far

A try is survived where the content that is read is the one that was written, or where one line names the file and the remedy; of
annotations and images also where every row is kept, or dropped by name. Everything else is counted by its kind: other content without a
word, a traceback, a signal, more time or memory than a try is given.
"""

import argparse
import contextlib
import multiprocessing
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.fault_family import ACCOUNTED, SAME, Family

MEMORY = 8 << 30  # of one try
NAMED = "named in one line"
SURVIVED = (SAME, ACCOUNTED, NAMED)
MODULES = {
    **dict.fromkeys(("shards", "models", "lists", "settings"), "benchmarks.fault_folders"),
    "annotations": "benchmarks.fault_annotations",
    "images": "benchmarks.fault_images",
    **dict.fromkeys(("kills", "disks"), "benchmarks.fault_runs"),
}


class Tally(NamedTuple):
    tries: int
    kinds: Counter[str]
    examples: dict[str, str]  # of what was not survived

    @property
    def survived(self) -> int:
        return sum(self.kinds[kind] for kind in SURVIVED)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("families", nargs="*", metavar="FAMILY", help=f"one of {', '.join(MODULES)}; all where none is given")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, help="tries of each family; else as many as the table has")
    arguments = parser.parse_args()
    print("| test | tries | survived |\n|---|---|---|")
    tallies = {name: tally(family(name), arguments.seed, arguments.count) for name in arguments.families or MODULES}
    for name, found in tallies.items():
        for kind, example in found.examples.items():
            print(f"{name}: {kind}, {found.kinds[kind]} times, such as {example}")
    sys.exit(any(found.survived < found.tries for found in tallies.values()))


def family(name: str) -> Family:
    """Return the family of that name. Its module alone is loaded: a fork of a small process is quick."""
    return import_module(MODULES[name]).FAMILIES[name]


def tally(family: Family, seed: int, count: int | None) -> Tally:
    """Damage what the family makes, `count` times or until Ctrl-C, and print the line of the table."""
    kinds: Counter[str] = Counter()
    examples: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as scratch, family.disk(Path(scratch)), contextlib.suppress(KeyboardInterrupt):
        whole, damaged = Path(scratch, "whole"), Path(scratch, "damaged")
        expected = in_a_process(family, whole)
        for number in range(count or family.count):
            rng = random.Random(f"{seed} {family.title} {number}")
            shutil.rmtree(damaged, ignore_errors=True)
            kind, said = outcome(partial(family.damage, whole, damaged, rng, number), family, damaged, expected, Path(scratch, "said"))
            kinds[kind] += 1
            if kind not in SURVIVED:
                examples.setdefault(kind, f"try {number}, {said}")
    found = Tally(kinds.total(), kinds, examples)
    print(f"| {family.title} | {found.tries:,} | {found.survived:,} |", flush=True)
    return found


def in_a_process(family: Family, folder: Path) -> Any:
    """Make what is to be damaged, and return its content; in a process of its own, for threads of libraries do not outlive a fork.

    What it had to load is loaded here, too: else each try would load it again, which takes longer than most tries.
    """
    with ProcessPoolExecutor(1, multiprocessing.get_context("fork")) as pool:
        pool.submit(family.make, folder).result()
        content, loaded = pool.submit(family.read, folder).result(), pool.submit(modules).result()
    for name in sorted(loaded - sys.modules.keys()):
        with contextlib.suppress(ImportError):  # a module that takes another one's place while it is loaded
            import_module(name)
    return content


def modules() -> set[str]:
    return set(sys.modules)


def outcome(damage: Callable[[], str], family: Family, damaged: Path, expected: Any, said: Path) -> tuple[str, str]:
    """Return what became of a try in a process of its own, and what was damaged and said."""
    said.write_text("", encoding="utf-8")
    child = os.fork()
    if not child:
        with contextlib.suppress(BaseException):
            attempt(damage(), family, damaged, expected, said)
        os._exit(0)
    try:
        _, status = os.waitpid(child, 0)
    except KeyboardInterrupt:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        raise
    what, kind, words = (*said.read_text(encoding="utf-8").split("\n", 2), "", "", "")[:3]
    if os.WIFSIGNALED(status):
        return f"ended by {signal.Signals(os.WTERMSIG(status)).name}", what
    return kind or "no word", f"{what}: {words}"


def attempt(what: str, family: Family, damaged: Path, expected: Any, said: Path) -> None:
    said.write_text(what, encoding="utf-8", errors="backslashreplace")
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears of Ctrl-C for all
    signal.setitimer(signal.ITIMER_PROF, family.seconds)
    signal.alarm(10 * family.seconds)  # a machine that is at other work takes longer; what waits for ever is ended
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    try:
        content = family.read(damaged)
        kind, words = family.judge(expected, content) if family.judge else SAME if content == expected else "other content", ""
    except SystemExit as error:
        words = str(error)
        kind = NAMED if is_one_line(words) else "more than one line, or no file and remedy"
    except BaseException as error:
        kind, words = "a traceback", f"{type(error).__name__}: {error}"[:300]
    said.write_text(f"{what}\n{kind}\n{words}", encoding="utf-8", errors="backslashreplace")


def is_one_line(words: str) -> bool:
    """Return whether `words` are a line that begins with a path and ends with a remedy."""
    place, _, rest = words.partition(": ")
    return "\n" not in words.strip() and "/" in place and "; " in rest


if __name__ == "__main__":
    main()
