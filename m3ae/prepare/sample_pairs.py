"""The retrieval task's shards out of ROCO's: captions only, and as many pairs to evaluate on as the paper ranks. Paper, section 3."""

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from m3ae.disk.folders import new_folder
from m3ae.protocol import Protocol
from m3ae.releases.record import Split
from m3ae.shards.format import Header
from m3ae.shards.read import Shards, open_manifest, open_split
from m3ae.shards.write import ShardWriter, write_absent


def sample_pairs(shards: Path, out: Path, protocol: Protocol, num_pairs: int, seed: int) -> None:
    """Write all of train, `num_pairs` rows of validation and of test (all where there are fewer), each with its caption as its only text.

    A row whose caption was too short has none to be found by, and is left out. Rows are copied as they are stored.
    # Differs: the authors' code takes the pairs that it tests on from the validation split, on which it chose the epoch; `protocol: paper`.
    """
    manifest = open_manifest(shards)
    if not manifest["found"]:
        write_absent(out, manifest["release"])
        return
    splits = {split: open_split(shards, split) for split in Split}
    if protocol == "paper":
        splits[Split.TEST] = splits[Split.VALIDATION]
    header = Header(**{field.name: manifest[field.name] for field in fields(Header) if field.name in manifest})
    with new_folder(out) as partial, ShardWriter(partial, header) as writer:
        for split, rows in splits.items():
            wanted = captioned(rows)
            for batch in selected(rows, wanted if split is Split.TRAIN else drawn(wanted, num_pairs, seed)):
                writer.splits[split].write(batch)


def captioned(rows: Shards) -> np.ndarray:
    """Return the numbers of the rows whose first text is their caption."""
    return np.flatnonzero(np.concatenate([np.zeros(0, bool), *(np.asarray(batch["has_caption"]) for batch in rows.batches)]))


def drawn(numbers: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Draw `count` of `numbers`, or all where there are fewer, in ascending order."""
    return np.sort(np.random.default_rng(seed).permutation(numbers)[:count])


def selected(rows: Shards, numbers: np.ndarray) -> Iterator[pa.RecordBatch]:
    """Yield the rows with these numbers (ascending), texts cut to the first, one stored batch at a time."""
    starts = [0, *rows.ends]
    for batch, start, end in zip(rows.batches, starts, rows.ends, strict=False):
        places = numbers[(numbers >= start) & (numbers < end)] - start
        if len(places):
            part = batch.take(pa.array(places))
            column = part.schema.get_field_index("texts")
            yield part.set_column(column, part.schema.field(column), pc.list_slice(part["texts"], 0, 1))
