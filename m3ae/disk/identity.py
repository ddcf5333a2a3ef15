"""What a stage's result depends on: its own `deps` and `params` in dvc.yaml, and the versions of the packages that it computes with.

It names the folder of a resumable state and is written there, so that a state of another run is told from one's own, and what differs
can be named. A file of another stage is no part of it.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple, Self

import yaml

from m3ae.disk.digest import MANIFEST, name_of_file
from m3ae.disk.folders import PARTIAL, disk_errors_reported
from m3ae.disk.json import leaves
from m3ae.disk.named import first_few
from m3ae.disk.state import RUN_FILE

PIPELINE, PARAMETERS = Path("dvc.yaml"), Path("params.yaml")
PLACEHOLDER = re.compile(r"\$\{([\w.]+)\}")
MOST_DIFFERENCES = 6  # named in one line


class Identity(NamedTuple):
    """Two runs with equal identities end in the same bits on the same number of processes and, on a CPU, of threads."""

    stage: str
    parameters: dict[str, Any]  # dotted key -> value
    files: dict[str, str]  # of data and code: path -> digest
    versions: dict[str, str]

    @classmethod
    def of(cls, stage: str, packages: Iterable[str], **item: str) -> Self:
        """Read the stage's entry of dvc.yaml in the working folder; `item` fills in what a loop over stages varies."""
        entry = declared(stage)
        values = {**yaml.safe_load(PARAMETERS.read_text(encoding="utf-8")), **item}
        deps = [Path(filled(path, values)) for path in entry["deps"]]
        if missing := [path for path in deps if not path.exists()]:
            raise SystemExit(f"{missing[0]}: is missing, and {stage} depends on it; run `dvc repro {stage}`, which makes it first")
        files = {path.as_posix(): name_of_file(path) for dep in deps for path in known_by(dep)}
        versions = {name: version(name) for name in packages}
        return cls(":".join([stage, *item.values()]), dict(parameters(entry.get("params", ()), values)), files, versions)

    def name(self) -> str:
        return hashlib.sha256(json.dumps(self, sort_keys=True).encode()).hexdigest()[:16]

    def write(self, folder: Path) -> None:
        with disk_errors_reported(folder):
            folder.mkdir(parents=True, exist_ok=True)
            every_digit = json.dumps(self._asdict(), indent=1)  # a learning rate may have many
            (folder / RUN_FILE).write_text(every_digit, encoding="utf-8")

    def require(self, folder: Path) -> None:
        """Raise SystemExit, naming what differs, where `folder` holds the state of another run."""
        other = read(folder)
        if other is None:
            raise SystemExit(f"{folder}: holds no readable {RUN_FILE}; name a folder that pre-training left in .state, whole")
        if found := differences(other, self):
            raise SystemExit(f"{folder}: is the state of another run and not taken up: {'; '.join(found)}")

    def passed_over(self, states: Path) -> str:
        """Return a line that names the stage's newest state in `states`, if it is of another run, and what differs; else ""."""
        found = {path: other for path in states.glob(f"*/{RUN_FILE}") if (other := read(path.parent)) and other.stage == self.stage}
        newest = max(found, key=written_at, default=None)
        if newest is None or not (named := differences(found[newest], self)):
            return ""
        return f"{newest.parent}: is there and not taken up: {first_few(named, MOST_DIFFERENCES, '; ')}"


def code_digest(stage: str) -> str:
    """Return one digest for all files of code that the stage depends on."""
    code = [path for dep in declared(stage)["deps"] if "$" not in dep for path in known_by(Path(dep))]
    return digest_of_code({path.as_posix(): name_of_file(path) for path in code if path.suffix == ".py"})


def digest_of_code(files: dict[str, str]) -> str:
    """Return one digest for those of `files` (path -> digest) that are code."""
    code = {path: digest for path, digest in files.items() if path.endswith(".py")}
    return hashlib.sha256(json.dumps(code, sort_keys=True).encode()).hexdigest()[:16]


def declared(stage: str) -> dict[str, Any]:
    """Return the stage's entry of dvc.yaml; a loop's body."""
    entry = yaml.safe_load(PIPELINE.read_text(encoding="utf-8"))["stages"][stage]
    return entry.get("do", entry)


def read(folder: Path) -> Identity | None:
    try:
        return Identity(**json.loads((folder / RUN_FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def written_at(path: Path) -> float:
    """Return when the file was written; 0 where another process has removed it."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def filled(text: str, values: dict[str, Any]) -> str:
    """Return `text` with its `${...}` replaced, as DVC does it."""
    return PLACEHOLDER.sub(lambda found: str(values[found[1]]), text)


def known_by(path: Path) -> list[Path]:
    """Return the files whose bytes stand for `path`: of a folder its manifests, which list the others, or all that are in it.

    What a killed run has left half-made in it is no part of it.
    """
    if not path.is_dir():
        return [path]
    files = sorted(file for file in path.rglob("*") if file.is_file() and not any(map(is_left_over, file.parts)))
    return [file for file in files if file.name == MANIFEST] or files


def is_left_over(part: str) -> bool:
    return part == "__pycache__" or part.endswith(PARTIAL)


def parameters(entries: Iterable[str | dict[str, list[str]]], values: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield each declared parameter's leaves: dotted key, after the file's name where that is not params.yaml, and value."""
    for entry in entries:
        if isinstance(entry, str):
            key = filled(entry, values)
            yield from leaves(looked_up(values, key), key)
            continue
        for file, keys in entry.items():
            path = filled(file, values)
            content = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
            for key in (filled(key, values) for key in keys):
                yield from leaves(looked_up(content, key), f"{path}:{key}")


def looked_up(content: Any, key: str) -> Any:
    for part in key.split("."):
        content = content[part]
    return content


def differences(there: Identity, here: Identity) -> list[str]:
    """Return a phrase for each parameter, version and file that is not the same."""
    found = []
    for one, other in ((there.parameters, here.parameters), (there.versions, here.versions)):
        changed = (key for key in sorted(one | other) if one.get(key) != other.get(key))
        found += [f"{key} is {one.get(key)!r} there and {other.get(key)!r} here" for key in changed]
    return found + [f"{name} is another" for name in sorted(there.files | here.files) if there.files.get(name) != here.files.get(name)]
