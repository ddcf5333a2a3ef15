"""Where a release says that the findings of its images lie.

`boxes.jsonl`, which phantom writes beside the images, has a line {"image", "finding", "box"} for each: the image's path in the release, and
[left, top, right, bottom] in px of that file, right and bottom exclusive. The shards carry no boxes.
"""

import json
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from m3ae.report.categories import names

BOXES = "boxes.jsonl"
FINE = 16  # points along a patch's side at which it is asked whether a box covers it


class Box(NamedTuple):
    """A finding, and its place as shares of the square that a model sees: from its left and its upper edge, width and height."""

    finding: str
    left: float
    top: float
    width: float
    height: float


def finding_boxes(folder: Path, image_ids: set[str]) -> dict[str, list[Box]]:
    """Return the boxes of these images, as far as the release in `folder` has any."""
    found = defaultdict(list)
    path = folder / BOXES
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        row = json.loads(line)
        for image_id in image_ids.intersection(names(Path(row["image"]))):
            found[image_id].append(in_square(row["finding"], row["box"], size(folder / row["image"])))
    return dict(found)


def size(path: Path) -> tuple[int, int]:
    with Image.open(path) as image:
        return image.size


def in_square(finding: str, box: list[int], size_px: tuple[int, int]) -> Box:
    """Return a box of a file as seen in the file's centre square."""
    side = min(size_px)
    margins = [(length - side) / 2 for length in size_px]
    left, top, right, bottom = (min(max((edge - margins[axis % 2]) / side, 0.0), 1.0) for axis, edge in enumerate(box))
    return Box(finding, left, top, right - left, bottom - top)


def covered(boxes: list[Box], patches: int) -> np.ndarray:
    """Return the share of each of `patches` x `patches` patches that lies in any of the boxes, float (rows, columns)."""
    points = (np.arange(patches * FINE) + 0.5) / (patches * FINE)
    inside = np.zeros((len(points), len(points)), dtype=bool)
    for box in boxes:
        across = (box.left <= points) & (points < box.left + box.width)
        down = (box.top <= points) & (points < box.top + box.height)
        inside |= down[:, None] & across
    return inside.reshape(patches, FINE, patches, FINE).mean(axis=(1, 3))
