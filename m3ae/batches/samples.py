"""Which texts and images pre-training pairs: two integers a pair, for there may be tens of millions."""

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from m3ae.batches.excluded import Excluded
from m3ae.shards.read import Shards


class PairSample(NamedTuple):
    shards: Shards
    row: int
    text: int  # which of the row's texts


class Samples(Sequence[PairSample]):
    """Number -> pair. A row with several texts is several pairs, as in the authors' code; rows of `excluded` images are none."""

    def __init__(self, releases: Sequence[Shards], excluded: Excluded):
        self.releases = list(releases)
        self.starts = np.array([0, *accumulate(map(len, releases))])  # of each release's rows, laid end to end
        rows, texts = zip(*(pairs(shards, excluded.get(shards.folder.name, frozenset())) for shards in releases), strict=True)
        self.rows = np.concatenate([own + start for own, start in zip(rows, self.starts, strict=False)])
        self.texts = np.concatenate(texts)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, number: int) -> PairSample:  # type: ignore[override]  # no slices: nobody wants millions of these
        row = int(self.rows[number])
        release = int(self.starts.searchsorted(row, side="right")) - 1
        return PairSample(self.releases[release], row - int(self.starts[release]), int(self.texts[number]))


def pairs(shards: Shards, excluded: frozenset[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return each pair's row, int64, and which of its texts, uint16."""
    rows = shards.rows_without(excluded)
    counts = shards.num_texts()[rows]
    firsts = np.repeat(counts.cumsum() - counts, counts)
    return np.repeat(rows, counts), (np.arange(len(firsts)) - firsts).astype(np.uint16)
