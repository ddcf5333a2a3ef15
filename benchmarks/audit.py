"""How much an audit computes: regions found and hashed, all pairs compared, the proposed ones aligned; extrapolated to 300,000 images.

python -m benchmarks.audit [--images 3000 10000 30000] [--asked 10000]
"""

import argparse
import os
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from benchmarks.pictures import attacked, scan, stored
from m3ae.leaks.hashes import COMPARED, STRUCTURED, proposals
from m3ae.leaks.regions import REGION_BYTES, glance, perceptual_hash, regions
from m3ae.leaks.similarity import similarity

EXTRAPOLATED = 300_000
EXTRAPOLATED_ASKED = 10_000
PROPOSED = 8 / 389_560  # measured: pairs of different patients among ../shared's ROCO that 50 bits propose
NUM_ALIGNED = 400
NUM_HASHED = 2000


def hashes(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, 4, REGION_BYTES), np.uint8)


def seconds(function) -> float:
    """Of all threads together: what a busy machine takes is no measure."""
    begun = time.process_time()
    function()
    return time.process_time() - begun


def bit_by_bit(first: np.ndarray, second: np.ndarray) -> None:
    """The reference: exclusive or and a count of bits, one row at a time."""
    theirs = np.ascontiguousarray(second.swapaxes(0, 1)).view(np.uint64)
    for row in first.view(np.uint64):
        for own, its in COMPARED:
            np.bitwise_count(row[own] ^ theirs[its]).sum(axis=1)


def hashed_a_second() -> float:
    """Of one core: what the audit adds to the hashes that are stored, but for reading the pixels."""
    images = [stored(scan(seed)) for seed in range(20)]

    def parts(number: int) -> list[np.ndarray]:
        image = glance(images[number % len(images)])
        return [perceptual_hash(box.of(image)) for box in regions(image)[STRUCTURED:]]

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return NUM_HASHED / seconds(lambda: deque(pool.map(parts, range(NUM_HASHED)), 0))


def alignments_a_second() -> float:
    """Of one core, of pairs that are worth a closer look: that is the slow case."""
    pairs = [(glance(stored(scan(seed))), glance(stored(attacked(scan(seed))))) for seed in range(20)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return NUM_ALIGNED / seconds(lambda: deque(pool.map(lambda number: similarity(*pairs[number % len(pairs)]), range(NUM_ALIGNED)), 0))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, nargs="+", default=[3000, 10_000, 30_000])
    parser.add_argument("--asked", type=int, default=10_000)
    args = parser.parse_args()
    asked = hashes(args.asked, 0)
    reference = seconds(lambda: bit_by_bit(hashes(1000, 1), asked)) / 1000
    print("| pre-training images | task images | seconds of one core | times bit by bit |\n|--:|--:|--:|--:|")
    for count in args.images:
        taken = seconds(lambda count=count: deque(proposals(hashes(count, 1), asked), 0))
        print(f"| {count:,} | {args.asked:,} | {taken:.1f} | {count * reference / taken:.1f} |", flush=True)
    rate, proposed = alignments_a_second(), EXTRAPOLATED * EXTRAPOLATED_ASKED * PROPOSED
    hashed = (EXTRAPOLATED + EXTRAPOLATED_ASKED) / hashed_a_second()
    compared = taken * EXTRAPOLATED / count * EXTRAPOLATED_ASKED / args.asked
    print(
        f"\n{EXTRAPOLATED:,} x {EXTRAPOLATED_ASKED:,} images, extrapolated, of one core: {hashed:.0f} s for the regions and their hashes, "
        f"{compared:.0f} s to compare them, {proposed / rate:.0f} s for {proposed:,.0f} alignments ({rate:.0f} a second)"
    )


if __name__ == "__main__":
    main()
