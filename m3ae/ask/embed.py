"""Images as vectors, in a Parquet file. Shapes: I images, H fusion width."""

from pathlib import Path
from typing import Any

import polars as pl

from m3ae.ask.files import Unread, images_under, in_batches
from m3ae.ask.index import ENCODED_AT_ONCE, encoded
from m3ae.ask.opened import Opened
from m3ae.disk.digest import sha256_of_file
from m3ae.model.config import WEIGHTS


def embed(model: Opened, folder: Path, out: Path) -> tuple[int, list[Unread]]:
    """Write a row for each image under `folder`: its path in it, and the mean of its tokens before the fusion (H,), float32.

    Returns the number of rows and what could not be read. The file's metadata name the model.
    """
    rows, unread = [], []
    for path, vector in in_batches(images_under(folder), ENCODED_AT_ONCE, lambda paths: vectors(model, paths), "image"):
        if isinstance(vector, Unread):
            unread.append(vector)
        else:
            rows.append((path.relative_to(folder).as_posix(), vector))
    schema: dict[str, Any] = {"image": pl.String, "embedding": pl.Array(pl.Float32, model.config.model.fusion_width)}
    metadata = {"model": str(model.folder), "model_sha256": sha256_of_file(model.folder / WEIGHTS)}
    out.parent.mkdir(parents=True, exist_ok=True)
    pl.DataFrame(rows, schema, orient="row").write_parquet(out, metadata=metadata)
    return len(rows), unread


def vectors(model: Opened, paths: list[Path]) -> list[list[float]]:
    return encoded(model, paths).mean(dim=1).tolist()
