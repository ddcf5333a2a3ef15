"""How long an audit takes: hashes of all pairs compared, the proposed ones aligned; measured at 30,000, extrapolated to 300,000 images.

python -m benchmarks.audit [--images 3000 10000 30000] [--asked 10000]
"""

import argparse
import os
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from benchmarks.pictures import attacked, scan, stored
from m3ae.leaks.hashes import proposals
from m3ae.leaks.similarity import similarity, square

EXTRAPOLATED = 300_000
PROPOSED = 2 / 389_560  # measured: pairs of different patients among ../shared's ROCO that 50 bits propose
NUM_ALIGNED = 400


def hashes(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, 64), np.uint8)


def seconds(function) -> float:
    begun = time.perf_counter()
    function()
    return time.perf_counter() - begun


def bit_by_bit(first: np.ndarray, second: np.ndarray) -> None:
    """The reference: exclusive or and a count of bits, one row at a time."""
    whole, centre = (part.view(np.uint64) for part in (second[:, :32].copy(), second[:, 32:].copy()))
    for row in first:
        own, own_centre = row[:32].view(np.uint64), row[32:].view(np.uint64)
        for mine, theirs in ((own, whole), (own, centre), (own_centre, whole)):
            np.bitwise_count(mine ^ theirs).sum(axis=1)


def alignments_a_second() -> float:
    """On all cores, of pairs that are worth a closer look: that is the slow case."""
    pairs = [(square(stored(scan(seed))), square(stored(attacked(scan(seed))))) for seed in range(20)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return NUM_ALIGNED / seconds(lambda: deque(pool.map(lambda number: similarity(*pairs[number % len(pairs)]), range(NUM_ALIGNED)), 0))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, nargs="+", default=[3000, 10_000, 30_000])
    parser.add_argument("--asked", type=int, default=10_000)
    args = parser.parse_args()
    asked = hashes(args.asked, 0)
    reference = seconds(lambda: bit_by_bit(hashes(1000, 1), asked)) / 1000
    print("| pre-training images | task images | seconds | times bit by bit |\n|--:|--:|--:|--:|")
    for count in args.images:
        taken = seconds(lambda count=count: deque(proposals(hashes(count, 1), asked), 0))
        print(f"| {count:,} | {args.asked:,} | {taken:.1f} | {count * reference / taken:.1f} |", flush=True)
    rate, proposed = alignments_a_second(), EXTRAPOLATED * args.asked * PROPOSED
    hashed = taken * EXTRAPOLATED / count
    print(
        f"\n{rate:.0f} alignments a second; {EXTRAPOLATED:,} images: {hashed:.0f} s for the hashes, {proposed / rate:.0f} s for "
        f"{proposed:,.0f} alignments (extrapolated)"
    )


if __name__ == "__main__":
    main()
