"""Where the earlier stages left what the report reads; any of it may be absent."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Inputs:
    """The folder of the pipeline's data."""

    data: Path

    def metrics(self, name: str) -> dict[str, Any] | None:
        """Return the content of a metric file; None where there is no such file."""
        return content_of(self.data / "metrics" / f"{name}.json")

    def attention(self) -> dict[str, Any]:
        """Return where words look, by task."""
        return content_of(self.data / "visualised" / "attention.json") or {}

    def reconstructed(self) -> dict[str, Any]:
        """Return what was measured of the reconstructions, or {"missing": why nothing was}."""
        return content_of(self.data / "visualised" / "reconstructions" / "measured.json") or {"missing": "not drawn: no file of them"}

    def plot(self, name: str) -> Path:
        return self.data / "plots" / name

    def predictions(self, task: str, seed: int, start: str = "pretrained", split: str = "test") -> Path:
        """Return the table of the model that started from pre-training, or from scratch where `start` says so."""
        return self.data / "evaluate" / f"{task}-{seed}" / f"{start}{'' if split == 'test' else f'-{split}'}.parquet"

    def zero_shot_predictions(self) -> Path:
        return self.data / "zero_shot" / "predictions.parquet"

    def shards(self, task: str) -> Path:
        return self.data / "shards" / "tasks" / task


def content_of(path: Path) -> Any:
    """Return the content of a JSON file; None where there is no such file."""
    if not path.is_file():
        return None
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise SystemExit(f"{path}: not JSON ({error}); delete it and run `dvc repro` again") from None
