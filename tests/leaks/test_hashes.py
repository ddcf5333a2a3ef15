"""Every pair of which two regions' hashes are close, and no other."""

import numpy as np

from m3ae.leaks import hashes as module
from m3ae.leaks.hashes import BRIGHT, CENTRE, COMPARED, STRUCTURED, WHOLE, proposals
from m3ae.leaks.regions import REGION_BYTES


def fingerprints(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, 4, REGION_BYTES), np.uint8)


def bits(hashes: np.ndarray) -> np.ndarray:
    return np.unpackbits(hashes, axis=-1)


def test_every_pair_is_compared_bit_by_bit_region_by_region(monkeypatch):
    monkeypatch.setattr(module, "IMAGES_AT_ONCE", 7)
    first, second = fingerprints(20, 0), fingerprints(16, 1)
    found = {proposal[:2]: proposal for proposal in proposals(first, second, 112)}
    for a, one in enumerate(bits(first)):
        for b, other in enumerate(bits(second)):
            distances = {(own, its): int((one[own] != other[its]).sum()) for own, its in COMPARED}
            close = sorted((pair for pair in COMPARED if distances[pair] <= 112), key=distances.__getitem__)
            assert ((a, b) in found) == bool(close)
            if close:
                assert found[a, b].distance == distances[close[0]]
                assert [distances[pair] for pair in found[a, b].regions] == [distances[pair] for pair in close]
    assert 0 < len(found) < 320


def test_every_region_is_compared_with_every_other_but_centres_with_parts():
    parts = {(CENTRE, other) for other in (CENTRE, STRUCTURED, BRIGHT)}
    assert {(one, other) for one in range(4) for other in range(4)} - set(COMPARED) == parts | {pair[::-1] for pair in parts}
    assert COMPARED[0] == (WHOLE, WHOLE)  # what is nearest where several are as near


def test_the_same_hash_is_at_distance_zero_and_the_limit_itself_counts():
    one = fingerprints(1, 0)
    other = fingerprints(1, 1)
    other[0, BRIGHT] = one[0, STRUCTURED]
    assert [proposal[:3] for proposal in proposals(one, one)] == [(0, 0, 0)]
    assert list(proposals(one, other)) == [(0, 0, 0, ((STRUCTURED, BRIGHT),))]
    other[0, BRIGHT, :2] ^= 255  # sixteen bits
    assert list(proposals(one, other, 16)) == [(0, 0, 16, ((STRUCTURED, BRIGHT),))] and list(proposals(one, other, 15)) == []


def test_an_empty_side_has_no_pairs():
    assert list(proposals(fingerprints(0, 0), fingerprints(3, 1))) == []
