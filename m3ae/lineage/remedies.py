"""Everything that differs, in one sentence, and what to do about each."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from dvc.stage import Stage

from m3ae.lineage.compared import Item
from m3ae.lineage.in_commit import digest_in_commit
from m3ae.lineage.on_disk import Disk

Finding = tuple[Stage, Item]


def sentence(findings: Sequence[Finding], disk: Disk) -> str:
    """Return what differs, each thing once, with its remedy."""
    named: dict[str, dict[str, None]] = defaultdict(dict)  # the keys of a dictionary: in their order, each once
    for stage, item in unexplained(findings):
        named[remedy(stage, item, disk)][described(stage, item, disk)] = None
    return "; ".join(f"{', '.join(names)}: {what_to_do}" for what_to_do, names in named.items())


def unexplained(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings without the folders that differ because something in them does, and an output's readers."""
    written = {Path(item.name) for _, item in findings if item.role == "writes"}
    read = {Path(item.name) for _, item in findings if item.role == "reads"}
    inner = {path for path in read | written if any(path in other.parents for other in read | written)}
    explained = inner | {path for path in read for other in written if path == other or other in path.parents}
    return [(stage, item) for stage, item in findings if item.role != "reads" or Path(item.name) not in explained]


def described(stage: Stage, item: Item, disk: Disk) -> str:
    if item.role == "runs":
        return f"the command of {stage.addressing}"
    if item.role in ("writes", "reads") and item.locked and item.found:
        files = disk.files_that_differ(item.name, item.locked)
        return item.name + (f" ({', '.join(files)})" if files else "")
    if item.role in ("writes", "reads", "value"):
        return f"{item.name} ({item.difference()})"
    return f"{item.name} ({item.difference()}, counted again)"


def remedy(stage: Stage, item: Item, disk: Disk) -> str:
    if item.role in ("reads", "runs", "value"):
        return "`dvc repro` runs what depends on it again, or put it back as it was"
    if item.role == "writes" and item.locked and digest_in_commit(item.name) == item.locked:
        return f"`git checkout HEAD -- {item.name}`"
    if item.role == "writes" and item.locked and disk.in_cache(item.locked):
        return f"`rm -r {item.name} && dvc checkout {item.name}`"  # DVC itself may not see the difference
    return f"`dvc repro --force --single-item {stage.addressing}`"
