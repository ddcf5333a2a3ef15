"""A training set of a few captions, as `prepare` writes it."""

from pathlib import Path

import numpy as np

from m3ae.disk.folders import new_folder
from m3ae.shards.format import Header, Row
from m3ae.shards.pixels import encoded
from m3ae.shards.write import ShardWriter

CAPTIONS = ("a mass in the left lung", "no lesion", "is there an effusion", "where is it", "no mass")
HEADER = Header("roco", synthetic=True, encoding="raw", image_px=32, rows_per_shard=100)


def write_training(folder: Path) -> Path:
    """Write a training row for each caption, and one whose caption did not outlive preparation."""
    with new_folder(folder) as partial, ShardWriter(partial, HEADER) as shards:
        for number, text in enumerate((*CAPTIONS, "as figure 2 shows")):
            pixels = np.random.default_rng(number).integers(0, 256, (32, 32, 1), np.uint8)
            has_caption = number < len(CAPTIONS)
            image = encoded(pixels, "raw")
            row = Row(str(number), f"image-{number}", [text], [], "", "CC0", has_caption, image, *pixels.shape, bytes(64), "train")
            shards.write(row)
    return folder
