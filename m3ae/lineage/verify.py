"""Whether a run reproduced the outputs that the checked-out commit holds; if not, from which stage on, and by how much."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from dvc.stage import Stage

from m3ae.disk.state import unfinished
from m3ae.lineage.compared import LOCK, Item, Lock, changed_leaves, compared, shown
from m3ae.lineage.in_commit import digest_in_commit
from m3ae.lineage.pipeline import Pipeline, name
from m3ae.report.revision import committed, head

MOST_DIFFERENCES = 10  # of one metric file


class Stated(NamedTuple):
    """A stage, and how it differs from the commit."""

    stage: Stage
    outputs: list[Item]
    inputs: list[Item]  # the command, data, code and values


def verify() -> Iterator[str]:
    """Yield what was reproduced, from which other inputs, and what runs that did not end have left.

    Raises SystemExit where an output is not there, or is another one than the commit's; the message names the first such stage.
    """
    if not head() or committed(LOCK) is None:
        raise SystemExit(f"{LOCK}: is in no commit, so there is nothing to compare with; run this in a clone of the project")
    commit, pipeline = head()[:12], Pipeline()
    lock = Lock(lambda path: (committed(path) or b"").decode())
    stages = [stated(stage, lock, pipeline) for stage in pipeline.from_the_origin()]
    require_all_there(stages)
    if other := [stage for stage in stages if stage.outputs]:
        raise SystemExit("\n".join(described(other, commit, pipeline)))
    yield from (f"{name(stage.stage)}: the same outputs from other inputs: {listed(stage.inputs)}" for stage in stages if stage.inputs)
    yield f"reproduced: all outputs of all {len(stages)} stages are those of commit {commit}, byte for byte"
    yield from unfinished()


def stated(stage: Stage, lock: Lock, pipeline: Pipeline) -> Stated:
    items = compared(stage, lock, pipeline.disk)
    kept = {str(out) for out in stage.outs if not out.use_cache}
    written = [item for item in items if item.role == "writes"]
    outputs = [item for item in written if item.differs or item.name in kept and digest_in_commit(item.name) != item.locked]
    return Stated(stage, outputs, [item for item in items if item.differs and item.role != "writes"])


def require_all_there(stages: list[Stated]) -> None:
    """Raise SystemExit where an output is not there: what git keeps would pass for a run."""
    missing = [(stage.stage, item.name) for stage in stages for item in stage.outputs if item.found is None]
    if missing:
        stage, path = missing[0]
        raise SystemExit(f"{path}: is not there ({len(missing)} outputs are not), so {name(stage)} has not run here; `make repro` first")


def described(other: list[Stated], commit: str, pipeline: Pipeline) -> Iterator[str]:
    """Yield the lines on the first stage that differs, and the names of the others."""
    first, *rest = other
    yield f"not reproduced: {name(first.stage)} is the first stage whose outputs are not those of commit {commit}"
    for item in first.outputs:
        yield f"  {item.name}: {by_how_much(item, pipeline)}"
    yield f"  it had other inputs: {listed(first.inputs)}" if first.inputs else f"  {SAME_INPUTS}"
    if rest:
        yield f"after it: {', '.join(name(stage.stage) for stage in rest)}"


SAME_INPUTS = "its command, data, code and values are those of the commit: another processor or other versions round differently"


def by_how_much(item: Item, pipeline: Pipeline) -> str:
    """Return the largest differences of a metric file; of anything else the digests, and the files of a folder that are known to differ."""
    if item.locked is None:
        return "is not in the commit"
    if not item.differs:
        return f"the commit's own file is another one than its {LOCK} holds"
    if item.name.endswith(".json") and (then := committed(item.name)):
        with open(item.name, encoding="utf-8") as file:
            return ", ".join(largest(json.loads(then), json.load(file)))
    files = pipeline.disk.files_that_differ(item.name, item.locked)
    return item.difference() + (f" ({', '.join(files)})" if files else "")


def largest(then: Any, now: Any) -> list[str]:
    """Return a phrase for each key that is not the same, the largest difference first."""
    changed = sorted(changed_leaves(then, now), key=lambda leaf: -distance(*leaf[1:]))
    phrases = [f"{key} {shown(after)}, was {shown(before)}{by(before, after)}" for key, before, after in changed[:MOST_DIFFERENCES]]
    return phrases + ([f"and {len(changed) - MOST_DIFFERENCES} more"] if len(changed) > MOST_DIFFERENCES else [])


def by(before: Any, after: Any) -> str:
    return f" ({after - before:+.6g})" if both_numbers(before, after) else ""


def distance(before: Any, after: Any) -> float:
    """Return how far two values lie apart; what cannot be subtracted comes first."""
    return abs(after - before) if both_numbers(before, after) else float("inf")


def both_numbers(*values: Any) -> bool:
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


def listed(items: list[Item]) -> str:
    named = (item.name + (f" ({item.difference()})" if item.role == "value" else "") for item in items)
    return ", ".join(name or "the command" for name in named)
