"""A shard folder -> rows by number."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from m3ae.disk.digest import MANIFEST
from m3ae.disk.json import read_json
from m3ae.disk.sealed import require_seal
from m3ae.disk.whole import require_whole
from m3ae.shards.format import ANSWERS, IN_EVERY_MANIFEST, REMEDY, SCHEMA, WHERE_FOUND, ShardError, remedy_of
from m3ae.shards.pixels import decoded


def open_manifest(folder: Path) -> dict[str, Any]:
    """Read a shard folder's manifest.

    It holds found, release, synthetic, splits (rows, shards: name, rows, sha256), and where found encoding and image_px (shorter side).
    It holds dicom_window where that is not "voi".

    Raises `FileError` where there is no manifest, or one that was cut, was changed or holds something else.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise ShardError(f"{path}: no such file; run `dvc repro` to prepare the release")
    manifest = read_json(path, REMEDY)
    if not is_manifest(manifest):
        raise ShardError(f"{path}: does not say {', '.join(IN_EVERY_MANIFEST)} and, where found, {', '.join(WHERE_FOUND)}; {REMEDY}")
    require_seal(manifest, path, remedy_of(folder))
    return manifest


def is_manifest(content: Any) -> bool:
    """Return whether `content` says what `open_manifest` promises."""
    try:
        shards = [shard for entry in content["splits"].values() for shard in entry["shards"]]
        needed = {*IN_EVERY_MANIFEST, *(WHERE_FOUND if content["found"] else ())}
        return needed <= content.keys() and all({"name", "rows", "sha256"} <= shard.keys() for shard in shards)
    except (TypeError, KeyError, AttributeError):
        return False


def stored_as(folders: Iterable[Path]) -> dict[str, Any]:
    """Return how the images of one run's shard folders were stored, in the words of a model folder's processor_config.json.

    It holds stored_px, the shorter side, and dicom_window where the manifests name one; nothing where no release was found.
    """
    found = next(filter(lambda manifest: manifest["found"], map(open_manifest, folders)), None)
    if found is None:
        return {}
    return {"stored_px": found["image_px"]} | {key: found[key] for key in ("dicom_window",) if key in found}


def open_split(folder: Path, split: str) -> "Shards":
    """Open the rows of one split, none where the release was not found. Raises `FileError` where files and manifest disagree.

    Every byte is read once in a run, before Arrow reads the first: a changed one in its metadata could end the process by a signal.
    """
    require_whole(digests_of(folder, split), folder / MANIFEST, remedy_of(folder))
    return reopened(folder, split)


def digests_of(folder: Path, split: str) -> dict[Path, str]:
    """Return the SHA-256 of each of the split's shards, as the manifest has it."""
    return {folder / shard["name"]: shard["sha256"] for shard in entry_of(open_manifest(folder), split)}


def entry_of(manifest: dict[str, Any], split: str) -> list[dict[str, Any]]:
    return manifest["splits"].get(split, {"shards": []})["shards"]


def reopened(folder: Path, split: str) -> "Shards":
    """Open the rows of a split that this process, or the one that pickled it, has opened before."""
    manifest = open_manifest(folder)
    batches = [batch for shard in entry_of(manifest, split) for batch in open_shard(folder / shard["name"], shard["rows"], manifest)]
    return Shards(folder, split, manifest.get("encoding", "raw"), batches)


def open_answers(folder: Path) -> list[str]:
    """Return the answers that `prepare` listed beside the shards, none where the release has none. Raises `FileError` if they changed."""
    path, manifest = folder / ANSWERS, open_manifest(folder)
    if ANSWERS not in manifest:
        return []
    require_whole({path: manifest[ANSWERS]}, folder / MANIFEST, remedy_of(folder))
    return read_json(path, remedy_of(folder))


def open_shard(path: Path, num_rows: int, manifest: dict[str, Any]) -> list[pa.RecordBatch]:
    """Return the shard's record batches, mapped into memory.

    Raises `ShardError` where it cannot be read, has other columns than `FIELDS`, or is not what the manifest says.
    """
    try:
        file = pa.ipc.open_file(pa.memory_map(str(path)))
        batches = [file.get_batch(number) for number in range(file.num_record_batches)]
    except (OSError, pa.ArrowException) as error:
        raise ShardError(f"{path}: cannot be read ({error}); {REMEDY}") from None
    if not file.schema.equals(SCHEMA):
        raise ShardError(f"{path}: has the columns {', '.join(file.schema.names)}, not those that this version reads; {REMEDY}")
    metadata = {key.decode(): value.decode() for key, value in (file.schema.metadata or {}).items()}
    if any(metadata.get(key) != str(manifest[key]) for key in ("release", "encoding", "image_px")):
        raise ShardError(f"{path}: is of another release, encoding or image size than its manifest says; {REMEDY}")
    if (found := sum(batch.num_rows for batch in batches)) != num_rows:
        raise ShardError(f"{path}: {found} rows, but its manifest says {num_rows}; {REMEDY}")
    return batches


def first_texts(shards: "Shards") -> list[str]:
    """Return each row's first text: its caption or question."""
    return [shards.row(number)["texts"][0] for number in range(len(shards))]


def columns_of(names: Sequence[str]) -> pa.Schema:
    return pa.schema([SCHEMA.field(name) for name in names])


class Shards:
    """One split's rows by number. Nothing is read before it is asked for; pickles as its folder's name."""

    def __init__(self, folder: Path, split: str, encoding: str, batches: Sequence[pa.RecordBatch]):
        self.folder, self.split, self.encoding, self.batches = folder, split, encoding, list(batches)
        self.details = [batch.drop_columns(["image", "hash"]) for batch in batches]
        self.ends = list(accumulate(batch.num_rows for batch in batches))

    def __len__(self) -> int:
        return self.ends[-1] if self.ends else 0

    def __reduce__(self) -> tuple[Any, ...]:
        return reopened, (self.folder, self.split)

    def row(self, number: int) -> dict[str, Any]:
        """Return every column of a row but `image` and `hash`."""
        batch, place = self.place(number)
        return self.details[batch].slice(place, 1).to_pylist()[0]

    def column(self, name: str) -> pa.ChunkedArray:
        """Return one column of all rows."""
        return pa.chunked_array([batch[name] for batch in self.batches], SCHEMA.field(name).type)

    def taken(self, rows: np.ndarray, names: Sequence[str]) -> pa.Table:
        """Return these columns of these rows, int64, ascending; a copy of them alone."""
        parts, starts = np.split(rows, rows.searchsorted(self.ends)), [0, *self.ends]
        wanted = [(batch, part - start) for batch, part, start in zip(self.batches, parts, starts, strict=False) if len(part)]
        return pa.Table.from_batches([batch.select(names).take(pa.array(places)) for batch, places in wanted], columns_of(names))

    def rows_without(self, image_ids: frozenset[str]) -> np.ndarray:
        """Return the numbers of the rows that show none of these images, int64, ascending."""
        shows_one = pc.is_in(self.column("image_id"), pa.array(sorted(image_ids), pa.string()))
        return np.flatnonzero(~shows_one.to_numpy())

    def num_texts(self) -> np.ndarray:
        """Return the number of texts of each row, int64."""
        return pc.list_value_length(self.column("texts")).to_numpy().astype(np.int64)

    def value(self, name: str, number: int) -> Any:
        """Return one column of a row."""
        batch, place = self.place(number)
        return self.batches[batch][name][place].as_py()

    def image_id(self, number: int) -> str:
        return str(self.value("image_id", number))

    def pixels(self, number: int) -> np.ndarray:
        """Return a row's pixels, uint8 (H, W, C), a copy that may be written to."""
        batch, place = self.place(number)
        data = self.batches[batch]["image"][place].as_buffer()
        shape = tuple(self.batches[batch][name][place].as_py() for name in ("height", "width", "channels"))
        pixels = decoded(data, self.encoding, shape)
        return pixels.copy() if self.encoding == "raw" else pixels

    def place(self, number: int) -> tuple[int, int]:
        """Return a row's record batch and its place in it. Raises `IndexError` where there is no such row."""
        if not 0 <= number < len(self):
            raise IndexError(f"row {number} of {len(self)}")
        batch = bisect_right(self.ends, number)
        return batch, number - (self.ends[batch - 1] if batch else 0)
