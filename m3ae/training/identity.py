"""What a pre-training's result depends on. It names the folder of the resume state and is written there, so that a state of another
run is told from one's own, and what differs can be named.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, Self

from m3ae.digest import CODE, digest_of_file

FILE = "run.json"


class Identity(NamedTuple):
    """Two runs with equal identities end in the same bits on the same number of processes."""

    parameters: dict[str, Any]  # as params.yaml holds them
    files: dict[str, str]  # of data and code: name -> digest of its bytes

    @classmethod
    def of(cls, parameters: dict[str, Any], data: Iterable[Path]) -> Self:
        """The package's own code is a part of it."""
        code = {f"m3ae/{path.relative_to(CODE).as_posix()}": digest_of_file(path) for path in CODE.rglob("*.py")}
        return cls(parameters, {**{path.as_posix(): digest_of_file(path) for path in data}, **code})

    def name(self) -> str:
        return hashlib.sha256(json.dumps(self, sort_keys=True).encode()).hexdigest()[:16]

    def write(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / FILE).write_text(json.dumps(self._asdict(), indent=1))  # every digit: a learning rate may have many

    def require(self, folder: Path) -> None:
        """Raises SystemExit, naming what differs, where `folder` holds the state of another run."""
        try:
            other = Identity(**json.loads((folder / FILE).read_text()))
        except (OSError, ValueError, TypeError):
            raise SystemExit(f"{folder}: holds no readable {FILE}; name a folder that pre-training left in .state, whole") from None
        if found := differences(other, self):
            raise SystemExit(f"{folder}: is the state of another run and not taken up: {'; '.join(found)}")


def differences(there: Identity, here: Identity) -> list[str]:
    """A phrase for each parameter and each file that is not the same."""
    one, other = (dict(flat(run.parameters)) for run in (there, here))
    changed = [
        f"{key} is {one.get(key)!r} there and {other.get(key)!r} here" for key in sorted(one | other) if one.get(key) != other.get(key)
    ]
    files = there.files | here.files
    return changed + [f"{name} is another" for name in sorted(files) if there.files.get(name) != here.files.get(name)]


def flat(parameters: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted keys and their values."""
    for key, value in parameters.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value
