"""A stage as a dvc.lock holds it against what is there now: the command, every dependency, parameter and output."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from dvc.dependency import ParamsDependency
from dvc.output import Output
from dvc.stage import PipelineStage, Stage
from dvc.utils.serialize import parse_yaml

from m3ae.disk.json import leaves
from m3ae.lineage.on_disk import Disk

LOCK = "dvc.lock"
DIGEST = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{20,52}(\.dir)?\b")  # MD5 or SHA-256; the first digits are printed


class Item(NamedTuple):
    """One thing that a stage runs, reads or writes. None = dvc.lock does not hold it, or it is not there."""

    role: str  # runs, writes, reads or value
    name: str  # the path; of a parameter `<file>: <key>`
    locked: Any
    found: Any

    @property
    def differs(self) -> bool:
        return self.locked != self.found

    def shown(self) -> str:
        """Return what it is: a short digest, or the value."""
        return shown(self.found if self.locked is None else self.locked)

    def difference(self) -> str:
        """Return how it differs, "" where it does not."""
        if not self.differs:
            return ""
        if self.locked is None:
            return f"not in {LOCK}"
        if self.found is None:
            return "is missing"
        changed = changed_leaves(self.locked, self.found)
        return ", ".join(f"{key} {shown(now)}, was {shown(then)}".strip() for key, then, now in changed)


class Lock:
    """What a dvc.lock, and the .dvc files beside it, hold of each stage; `read` returns a file's text, None where there is none."""

    def __init__(self, read: Callable[[str], str | None]):
        self.read = read
        self.stages = self.parsed(LOCK).get("stages", {})

    def parsed(self, path: str) -> dict[str, Any]:
        """Return the file's content, numbers as DVC reads them: `1e-05` is one."""
        text = self.read(path)
        return parse_yaml(text, path) if text else {}

    def entry(self, stage: Stage) -> dict[str, Any]:
        """Return what is held of the stage; what `dvc add` made is a stage without a command, with a file of its own."""
        return self.stages.get(stage.name, {}) if isinstance(stage, PipelineStage) else self.parsed(stage.path_in_repo)


def compared(stage: Stage, lock: Lock, disk: Disk) -> list[Item]:
    """Return every item of the stage: what it writes first, then the command, what it reads, and the values."""
    entry = lock.entry(stage)
    command = [Item("runs", "", entry.get("cmd"), stage.cmd)] if stage.cmd else []
    files = [dep for dep in stage.deps if not isinstance(dep, ParamsDependency)]
    return [*paths("writes", stage.outs, entry, disk), *command, *paths("reads", files, entry, disk), *values(stage, entry)]


def paths(role: str, items: Sequence[Output], entry: dict[str, Any], disk: Disk) -> Iterator[Item]:
    held = {part["path"]: part.get("md5") for part in entry.get({"writes": "outs", "reads": "deps"}[role], ())}
    for item in items:
        yield Item(role, str(item), held.get(item.def_path), disk.digest(str(item)))


def values(stage: Stage, entry: dict[str, Any]) -> Iterator[Item]:
    for dep in stage.deps:
        if isinstance(dep, ParamsDependency):
            held, found = entry.get("params", {}).get(dep.def_path, {}), dep.read_params()
            for key in dict.fromkeys([*(dep.params or found), *held]):
                yield Item("value", f"{dep}: {key}", held.get(key), found.get(key))


def changed_leaves(then: Any, now: Any) -> list[tuple[str, Any, Any]]:
    """Return (dotted key, then, now) of each leaf that is not the same."""
    before, after = dict(leaves(then)), dict(leaves(now))
    return [(key, before.get(key), after.get(key)) for key in {**before, **after} if before.get(key) != after.get(key)]


def shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {shown(leaf)}" for key, leaf in leaves(value))
    return "nothing" if value is None else DIGEST.sub(r"\1", str(value))
