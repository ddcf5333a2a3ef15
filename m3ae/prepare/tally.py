"""What became of a release's rows, counted and listed."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from m3ae.releases.readers.published import Dropped
from m3ae.releases.record import Split

COLUMNS = ("id", "image", "split", "reason")


@dataclass
class Tally:
    """The rows kept and dropped: read = kept + dropped, in every split and in all."""

    kept: Counter[Split] = field(default_factory=Counter)
    dropped: list[Dropped] = field(default_factory=list)

    def figures(self) -> dict[str, Any]:
        """Return the counts as data/metrics/prepare/<release>.json holds them."""
        lost = Counter(row.split for row in self.dropped)
        return {
            "read": self.kept.total() + len(self.dropped),
            "kept": self.kept.total(),
            "dropped": dict(Counter(row.reason for row in self.dropped)),
            "splits": {split: {"read": self.kept[split] + lost[split], "kept": self.kept[split]} for split in Split},
        }

    def write_dropped(self, path: Path) -> None:
        """Write every dropped row in the release's order: id, image (relative to the release), split, reason."""
        columns = {name: pa.array([str(getattr(row, name)) for row in self.dropped], pa.string()) for name in COLUMNS}
        pq.write_table(pa.table(columns), path)
