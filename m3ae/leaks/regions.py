"""The parts of an image that a copy may consist of: archives and journals add borders, frames and captions, or cut them off.

A copy's whole then resembles a part of the other image. Which part, the picture itself tells: what has structure, or what is bright.
"""

from math import isqrt
from typing import NamedTuple

import cv2
import numpy as np

from m3ae.shards.format import HASH_BYTES

REGION_BYTES = HASH_BYTES // 2  # the shards hold the hashes of the whole and the centre
HASH_SIDE = isqrt(8 * REGION_BYTES)
CROPPED = 0.03  # of each side of the centre, as `prepare` hashes it
GLANCE_PX = 96  # shorter side of what is looked at, so that the same is found at any stored size
STRUCTURE_FROM = 10  # levels between neighbours: above what JPEG leaves on a plain border or a smooth background
EDGE_PX = 2  # the gradient of an edge reaches a pixel beyond it; a copy that was made smaller has mixed the next one with the ground
GROUND_FROM = 0.9  # share of the border that is bright: the picture lies on white paper
BRIDGE_PX = 5  # brightness that is thinner does not hold a caption or a frame to the picture
SMALLEST_PX = 24  # a smaller part says too little
DCT_SIDE = 64


class Box(NamedTuple):
    """A part of an image, px."""

    left: int
    top: int
    right: int
    bottom: int

    def of(self, image: np.ndarray) -> np.ndarray:
        return image[self.top : self.bottom, self.left : self.right]


def glance(pixels: np.ndarray) -> np.ndarray:
    """Return pixels, uint8 (H, W, C), in grey (h, w), the shorter side at most GLANCE_PX."""
    grey = pixels[..., 0] if pixels.shape[2] == 1 else cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    scale = GLANCE_PX / min(grey.shape)
    if scale >= 1:
        return grey
    height, width = (max(1, round(scale * side)) for side in grey.shape)
    return cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA)


def regions(image: np.ndarray) -> tuple[Box, Box, Box, Box]:
    """Return the parts of a grey image, uint8 (h, w), that are compared: whole, centre, structured part, bright part."""
    height, width = image.shape
    down, across = round(CROPPED * height), round(CROPPED * width)
    return Box(0, 0, width, height), Box(across, down, width - across, height - down), structured(image), bright(image)


def structured(image: np.ndarray) -> Box:
    """Return the largest connected part whose neighbouring pixels differ: a plain border, a frame or a line of text is another part."""
    differs = cv2.morphologyEx(image, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > STRUCTURE_FROM
    return largest_part(differs.astype(np.uint8), EDGE_PX)


def bright(image: np.ndarray) -> Box:
    """Return the largest connected part that is bright by Otsu's threshold; that is dark, where the image lies on a bright ground."""
    _, stands_out = cv2.threshold(image, 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    if np.concatenate([stands_out[[0, -1]].ravel(), stands_out[:, [0, -1]].ravel()]).mean() > GROUND_FROM:
        stands_out = 1 - stands_out
    return largest_part(cv2.morphologyEx(stands_out, cv2.MORPH_OPEN, np.ones((BRIDGE_PX, BRIDGE_PX), np.uint8)), 0)


def largest_part(mask: np.ndarray, margin: int) -> Box:
    """Return the box of the largest connected part of `mask`, uint8 (h, w), less `margin` px on the sides that are not the image's.

    It is the whole where there is no part, or a small one.
    """
    height, width = mask.shape
    _, _, parts, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
    if len(parts) == 1:  # the first is the background
        return Box(0, 0, width, height)
    left, top, across, down = parts[1 + parts[1:, cv2.CC_STAT_AREA].argmax(), : cv2.CC_STAT_AREA].tolist()
    right, bottom = left + across, top + down
    box = Box(left + margin * (left > 0), top + margin * (top > 0), right - margin * (right < width), bottom - margin * (bottom < height))
    return box if min(box.right - box.left, box.bottom - box.top) >= SMALLEST_PX else Box(0, 0, width, height)


def perceptual_hash(image: np.ndarray) -> np.ndarray:
    """Return the hash of a grey image, uint8 (h, w), as uint8 (REGION_BYTES,).

    It is ImageHash's but for how the image is made smaller, which turns 2 bits of 256, and takes a tenth of its time.
    """
    small = cv2.resize(image, (DCT_SIDE, DCT_SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    low = cv2.dct(small)[:HASH_SIDE, :HASH_SIDE]
    return np.packbits(low > np.median(low))
