"""From a number to its origin: scores, predictions, models, shards, releases, parameters, code; and whether each is what it was.

What DVC recorded in dvc.lock is held against the bytes on the disk, and what can be counted again is.
"""

from collections.abc import Collection, Iterator
from pathlib import Path
from textwrap import fill

from dvc.stage import Stage

from m3ae.lineage.compared import LOCK, Item, Lock, compared
from m3ae.lineage.cross_checks import SCORED, cross_checks, loop
from m3ae.lineage.on_disk import Disk
from m3ae.lineage.pipeline import Pipeline, name
from m3ae.lineage.remedies import sentence
from m3ae.report.revision import commit_of
from m3ae.tasks import TASKS

REPORT = "report"
SHOWN = {Path("README.md"): Path("data/report/scores.md"), Path("docs/results.md"): Path("data/report/table.md")}  # page -> its table
WIDTH = 140  # of a line, in characters
REPEATED = ("reads", "value")  # what many stages have in common
OF_THE_RUN = "card"  # the code that a model card names is that of the run, which `dvc commit` may have confirmed for other code since


def trace(what: str) -> Iterator[str]:
    """Yield the lines of the walk from `what`: a file, a task or a stage.

    Raises SystemExit, at the end, with one sentence that names everything that differs and the remedy.
    """
    pipeline = Pipeline()
    heads = targets(pipeline, what)
    traced = [stage for generation in pipeline.chain(heads) for stage in generation]
    for head in [stage for stage in traced if loop(stage) in SCORED] or heads:
        yield fill(" <- ".join(", ".join(map(name, part)) for part in pipeline.chain([head])), WIDTH, subsequent_indent="  ")
    yield f"\n{LOCK}: {commit_of(LOCK) or 'in no commit yet'}"
    lock, findings = Lock(text), []
    above: set[str] = set()
    for stage in traced:
        items = examined(stage, lock, pipeline.disk, [name(other) for other in traced])
        items += [shown(Path(what))] if Path(what) in SHOWN and stage in heads else []
        yield from lines(stage, items, above)
        findings += [(stage, item) for item in items if item.differs and item.role != OF_THE_RUN]
    if findings:
        raise SystemExit(f"\ndiffers: {sentence(findings, pipeline.disk)}")
    yield f"\nok: all that was run, read and written is what {LOCK} holds, byte for byte; stages: {len(traced)}"


def examined(stage: Stage, lock: Lock, disk: Disk, chain: list[str]) -> list[Item]:
    """Return every item of the stage and, where they are as they were, what can be counted again."""
    items = compared(stage, lock, disk)
    return items if any(item.differs for item in items) else [*items, *cross_checks(stage, chain)]


def text(path: str) -> str | None:
    return Path(path).read_text(encoding="utf-8") if Path(path).is_file() else None


def targets(pipeline: Pipeline, what: str) -> list[Stage]:
    """Return the stages that made `what`. Raises SystemExit where none did."""
    wanted = [REPORT] if Path(what) in SHOWN else [f"evaluate@{what}", what]
    found = [stage for known in wanted for stage in pipeline.named(known)] or pipeline.makers(Path(what))
    if found:
        return found
    if what in TASKS:
        raise SystemExit(f"{what}: is not among the `tasks` of params.yaml, so there is no score of it; add it and run `dvc repro`")
    raise SystemExit(f"{what}: is no output of the pipeline; name one, or a task ({', '.join(TASKS)}), or a stage")


def shown(page: Path) -> Item:
    table = SHOWN[page]
    stands_there = table.is_file() and table.read_text(encoding="utf-8") in page.read_text(encoding="utf-8")
    return Item("shows", page.as_posix(), table.as_posix(), table.as_posix() if stands_there else "another table")


def lines(stage: Stage, items: Collection[Item], above: set[str]) -> Iterator[str]:
    """Yield a line for the stage and one for each of its items; what stands `above` is named in one line, and what is new is added."""
    yield f"\n{name(stage)}{': ' + stage.desc if stage.desc else ''}"
    again = [item for item in items if not item.differs and told(item) in above]
    new = [item for item in items if item not in again]
    width = max(len(item.name) for item in new if item.name)
    for item in new:
        said = "ok" if not item.differs else "other" if item.role == OF_THE_RUN else "DIFFERS"
        yield f"  {said:7}  {item.role:6}  {f'{item.name:{width}}  ' if item.name else ''}{item.difference() or item.shown()}"
    if again:
        yield fill(f"as above: {', '.join(item.name for item in again)}", WIDTH, initial_indent="  ok       ", subsequent_indent=" " * 19)
    above |= {told(item) for item in new if item.role in REPEATED}


def told(item: Item) -> str:
    return f"{item.role} {item.name} {item.shown()}"
