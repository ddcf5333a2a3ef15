"""Images of one split that are also in another: hashes propose, aligned pixels decide."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Literal, NamedTuple

from m3ae.leaks.hashes import Proposal, proposals
from m3ae.leaks.regions import Box
from m3ae.leaks.similarity import similarity
from m3ae.leaks.split_images import SplitImages

SAME_FROM, NEAR_FROM = 0.95, 0.85  # similarity; near are slices of one patient and copies that were changed a good deal
PROPOSALS_AT_ONCE = 4096  # held in memory
MOST_ALIGNED = 3  # pairs of regions, where the closest ones do not show the same
Kind = Literal["same", "near"]


class Match(NamedTuple):
    """Two images that show the same, by their numbers in the two splits."""

    first: int
    second: int
    distance: int  # bits of the hashes that differ
    similarity: float
    kind: Kind


class Compared(NamedTuple):
    matches: list[Match]
    num_proposed: int


def compare(first: SplitImages, second: SplitImages) -> Compared:
    """Compare every image of one split with every image of the other."""
    matches: list[Match] = []
    proposed, num_proposed = proposals(first.hashes, second.hashes), 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # alignment runs outside the interpreter's lock
        while chunk := list(islice(proposed, PROPOSALS_AT_ONCE)):
            matches += filter(None, pool.map(lambda proposal: decided(first, second, proposal), chunk))
            num_proposed += len(chunk)
    return Compared(matches, num_proposed)


def decided(first: SplitImages, second: SplitImages, proposal: Proposal) -> Match | None:
    one, other = first.glance(proposal.first), second.glance(proposal.second)
    best = 0.0
    for own, its in islice(different_regions(first, second, proposal), MOST_ALIGNED):
        best = max(best, round(similarity(own.of(one), its.of(other)), 3))
        if best >= SAME_FROM:
            break
    if best < NEAR_FROM:
        return None
    return Match(proposal.first, proposal.second, proposal.distance, best, "same" if best >= SAME_FROM else "near")


def different_regions(first: SplitImages, second: SplitImages, proposal: Proposal) -> Iterator[tuple[Box, Box]]:
    """Yield the proposed pairs of regions, the closest first; a region that is the whole is not aligned again."""
    boxes, its_boxes = first.regions(proposal.first), second.regions(proposal.second)
    yield from dict.fromkeys((boxes[own], its_boxes[its]) for own, its in proposal.regions)
