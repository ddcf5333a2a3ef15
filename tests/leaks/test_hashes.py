"""Every pair whose hashes are close, and no other."""

import numpy as np

from m3ae.leaks import hashes as module
from m3ae.leaks.hashes import HASH_BITS, proposals


def fingerprints(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, 64), np.uint8)


def bits(hashes: np.ndarray) -> np.ndarray:
    return np.unpackbits(hashes, axis=-1)


def test_every_pair_is_compared_bit_by_bit_wholes_and_centres(monkeypatch):
    monkeypatch.setattr(module, "IMAGES_AT_ONCE", 7)
    first, second = fingerprints(20, 0), fingerprints(16, 1)
    found = {(a, b): distance for a, b, distance in proposals(first, second, 120)}
    for a, one in enumerate(bits(first)):
        for b, other in enumerate(bits(second)):
            whole, centre, other_whole, other_centre = (part for both in (one, other) for part in (both[:HASH_BITS], both[HASH_BITS:]))
            pairs = ((whole, other_whole), (whole, other_centre), (centre, other_whole))
            distance = min(int((x != y).sum()) for x, y in pairs)
            assert found.get((a, b)) == (distance if distance <= 120 else None)
    assert 0 < len(found) < 320


def test_the_same_hash_is_at_distance_zero_and_the_limit_itself_counts():
    one = fingerprints(1, 0)
    other = one.copy()
    other[0, :2] ^= 255  # sixteen bits of the whole
    assert list(proposals(one, one)) == [(0, 0, 0)]
    assert list(proposals(one, other, 16)) == [(0, 0, 16)] and list(proposals(one, other, 15)) == []


def test_an_empty_side_has_no_pairs():
    assert list(proposals(fingerprints(0, 0), fingerprints(3, 1))) == []
