"""Which images may be the same: those whose perceptual hashes differ in few bits. Every pair is compared, by matrix products.

Shapes: N, M images of the two splits.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from m3ae.shards.format import HASH_BYTES

HASH_BITS = 8 * HASH_BYTES // 2  # of the whole image; as many of its central part
MOST_BITS = 50  # see README, "The audit", for what this finds and what it flags
MOST_BITS_OF_A_BLANK = 2  # set: half of all are in a picture
IMAGES_AT_ONCE = 4096  # of each split: 64 MB of distances


class Proposal(NamedTuple):
    first: int
    second: int
    distance: int  # bits that differ, 0 to HASH_BITS


def proposals(first: np.ndarray, second: np.ndarray, most_bits: int = MOST_BITS) -> Iterator[Proposal]:
    """Yield the pairs whose hashes, uint8 (N, HASH_BYTES) and (M, HASH_BYTES), differ in at most `most_bits`.

    A whole image is compared with the other whole and with its central part, either way round.
    """
    for top in range(0, len(first), IMAGES_AT_ONCE):
        signs = as_signs(first[top : top + IMAGES_AT_ONCE])
        for left in range(0, len(second), IMAGES_AT_ONCE):
            distances = distance(signs, as_signs(second[left : left + IMAGES_AT_ONCE]))
            for row, column in np.argwhere(distances <= most_bits).tolist():
                yield Proposal(top + row, left + column, int(distances[row, column]))


def may_be_blank(hashes: np.ndarray) -> np.ndarray:
    """Return, for hashes uint8 (N, HASH_BYTES), whether the image may be blank, bool (N,).

    Of a constant image only the bit of the mean is set, in the whole and in the centre; a ramp has as few.
    """
    return np.bitwise_count(hashes).sum(axis=1) <= MOST_BITS_OF_A_BLANK


def as_signs(hashes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (whole, centre), each float (N, HASH_BITS) of 1 and -1."""
    bits = np.unpackbits(hashes, axis=1).astype(np.float32) * 2 - 1
    return bits[:, :HASH_BITS], bits[:, HASH_BITS:]


def distance(first: tuple[np.ndarray, np.ndarray], second: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Return how many bits differ, float (N, M), exact: a product of signs counts the bits that agree less those that differ."""
    (whole, centre), (other_whole, other_centre) = first, second
    agreement = whole @ other_whole.T
    np.maximum(agreement, whole @ other_centre.T, out=agreement)
    np.maximum(agreement, centre @ other_whole.T, out=agreement)
    return (HASH_BITS - agreement) / 2
