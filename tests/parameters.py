"""The project's parameters, copied into another folder and changed there."""

import shutil
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]


class Parameters:
    """params.yaml and scales/ in `folder`."""

    def __init__(self, folder: Path):
        self.path = folder / "params.yaml"
        shutil.copy(ROOT / "params.yaml", self.path)
        shutil.copytree(ROOT / "scales", folder / "scales", dirs_exist_ok=True)

    def change(self, changes: dict[str, Any]) -> Path:
        """Set each `<key>`, or `<file>:<key>`, as `dvc exp run -S` does, and new ones, too; return the path of params.yaml."""
        for key, value in changes.items():
            file, _, dotted = key.rpartition(":")
            path = self.path.parent / file if file else self.path
            content = yaml.safe_load(path.read_text())
            *parents, last = dotted.split(".")
            block = content
            for parent in parents:
                block = block[parent]
            block[last] = value
            path.write_text(yaml.safe_dump(content, sort_keys=False))
        return self.path
