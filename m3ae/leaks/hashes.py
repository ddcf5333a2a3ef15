"""Which images may be the same: those of whose parts two have hashes that differ in few bits. All are compared, by matrix products.

Shapes: N, M images of the two splits; R regions of an image, as in `regions`; P pairs.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from m3ae.leaks.regions import REGION_BYTES

HASH_BITS = 8 * REGION_BYTES
MOST_BITS = 50  # docs/releases.md says what this finds and what it flags
MOST_BITS_OF_A_BLANK = 2  # set: half of all are in a picture
IMAGES_AT_ONCE = 4096  # of each split: 64 MB of distances
WHOLE, CENTRE, STRUCTURED, BRIGHT = range(4)
COMPARED = (  # a small crop's whole is the other's centre; two centres are as far apart as two wholes
    *((WHOLE, other) for other in (WHOLE, CENTRE, STRUCTURED, BRIGHT)),
    (CENTRE, WHOLE),
    *((STRUCTURED, other) for other in (WHOLE, STRUCTURED, BRIGHT)),
    *((BRIGHT, other) for other in (WHOLE, STRUCTURED, BRIGHT)),
)


class Proposal(NamedTuple):
    first: int
    second: int
    distance: int  # bits that differ between the closest regions, 0 to HASH_BITS
    regions: tuple[tuple[int, int], ...]  # that are as close as `most_bits`, the closest first


def proposals(first: np.ndarray, second: np.ndarray, most_bits: int = MOST_BITS) -> Iterator[Proposal]:
    """Yield the pairs of which two regions, as COMPARED says, have hashes that differ in at most `most_bits`.

    `first` and `second` are uint8 (N, R, REGION_BYTES) and (M, R, REGION_BYTES).
    """
    for top in range(0, len(first), IMAGES_AT_ONCE):
        signs = as_signs(first[top : top + IMAGES_AT_ONCE])
        for left in range(0, len(second), IMAGES_AT_ONCE):
            agreement = best_agreement(signs, as_signs(second[left : left + IMAGES_AT_ONCE]))
            pairs = np.argwhere(agreement >= HASH_BITS - 2 * most_bits) + (top, left)
            yield from nearest_regions(first, second, pairs, most_bits)


def may_be_blank(hashes: np.ndarray) -> np.ndarray:
    """Return, for hashes as stored, uint8 (N, bytes), whether the image may be blank, bool (N,).

    Of a constant image only the bit of the mean is set, in the whole and in the centre; a ramp has as few.
    """
    return np.bitwise_count(hashes).sum(axis=1) <= MOST_BITS_OF_A_BLANK


def as_signs(hashes: np.ndarray) -> np.ndarray:
    """Return hashes, uint8 (N, R, REGION_BYTES), as float (R, N, HASH_BITS) of 1 and -1."""
    return np.unpackbits(hashes.swapaxes(0, 1), axis=2).astype(np.float32) * 2 - 1


def best_agreement(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the bits that agree less those that differ, of the closest regions, float (N, M), exact: a product of signs counts them."""
    best = np.full((first.shape[1], second.shape[1]), -HASH_BITS, np.float32)
    product = np.empty_like(best)
    for one, other in COMPARED:
        np.matmul(first[one], second[other].T, out=product)
        np.maximum(best, product, out=best)
    return best


def nearest_regions(first: np.ndarray, second: np.ndarray, pairs: np.ndarray, most_bits: int) -> Iterator[Proposal]:
    """Yield the proposal of each of `pairs`, int (P, 2)."""
    one, other = np.transpose(COMPARED)
    for number, partner in pairs.tolist():
        distances = np.bitwise_count(first[number, one] ^ second[partner, other]).sum(axis=1)
        order = [place for place in np.argsort(distances, kind="stable") if distances[place] <= most_bits]
        yield Proposal(number, partner, int(distances[order[0]]), tuple(COMPARED[place] for place in order))
