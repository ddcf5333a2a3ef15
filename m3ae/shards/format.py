"""The format of a shard folder: the same rows are the same bytes, whoever made them.

It holds `<split>-00000.arrow` ... (uncompressed Arrow IPC files, read through the page cache) and `manifest.json`.
`image` holds a picture as `encoding` in the schema's metadata says: "raw" = uint8 H*W*C row-major, "zstd" = each channel's differences from
left + above - above left, modulo 256, in the same order, as one Zstandard frame, "png" or "jpeg".
Shapes: H, W stored size in px, C channels (1 or 3).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from m3ae.disk.json import FileError
from m3ae.disk.sealed import SEAL
from m3ae.releases.record import Split

ANSWERS = "answers.json"
REMEDY = "run `dvc repro` to prepare the release again"
IN_EVERY_MANIFEST, WHERE_FOUND = ("found", "release", "synthetic", "splits", SEAL), ("encoding", "image_px")
HASH_BYTES = 64
PX = {"unit": "px"}
LEVELS = {"unit": "8-bit level", "holds": "as `encoding` says: raw = uint8 H*W*C row-major, or a PNG or JPEG file"}
HASHES = {"unit": "bit", "holds": "the perceptual hash of the whole image, 256 bits, and of its central part, 256 bits"}
FIELDS = (
    pa.field("id", pa.string(), nullable=False),
    pa.field("image_id", pa.string(), nullable=False),
    pa.field("texts", pa.list_(pa.string()), nullable=False),
    pa.field("answers", pa.list_(pa.string()), nullable=False),
    pa.field("answer_kind", pa.string(), nullable=False),
    pa.field("licence", pa.string(), nullable=False),
    pa.field("has_caption", pa.bool_(), nullable=False),
    pa.field("image", pa.binary(), nullable=False, metadata=LEVELS),
    pa.field("height", pa.int32(), nullable=False, metadata=PX),
    pa.field("width", pa.int32(), nullable=False, metadata=PX),
    pa.field("channels", pa.int32(), nullable=False, metadata={"unit": "1"}),
    pa.field("hash", pa.binary(HASH_BYTES), nullable=False, metadata=HASHES),
)

SCHEMA = pa.schema(FIELDS)


class ShardError(FileError):
    """A shard folder is not what its manifest says; the message names it and the remedy."""


def remedy_of(folder: Path) -> str:
    """Return what helps where bytes of a shard folder have changed: DVC goes by dates, and a disk that rots changes none."""
    return f"`rm -r {folder} && dvc repro` brings it back"


class Row(NamedTuple):
    """One prepared row: the shard's columns, and the split that it belongs to."""

    id: str
    image_id: str
    texts: list[str]
    answers: list[str]
    answer_kind: str
    licence: str
    has_caption: bool  # texts[0] is the caption or question, not a reference that outlived it
    image: bytes
    height: int
    width: int
    channels: int
    hash: bytes
    split: Split


@dataclass(frozen=True)
class Header:
    """What all shards of a folder have in common."""

    release: str
    synthetic: bool
    encoding: str
    image_px: int
    rows_per_shard: int
    dicom_window: str | None = None  # how DICOM files were windowed; None: each by its own window, or there were none to ask for

    def schema(self) -> pa.Schema:
        synthetic = "true" if self.synthetic else "false"
        metadata = {"release": self.release, "synthetic": synthetic, "encoding": self.encoding, "image_px": str(self.image_px)}
        return pa.schema(FIELDS, metadata=metadata)
