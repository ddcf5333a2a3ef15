"""What becomes of a file's bytes, of whatever kind it is."""

import random
from collections.abc import Callable
from pathlib import Path

Change = Callable[[Path, bytes, random.Random], str]  # writes the file anew, and says more of what it did


def span(content: bytes, rng: random.Random) -> tuple[int, int]:
    start = rng.randrange(len(content) + 1)
    return start, min(len(content), start + rng.choice((1, 4, 40, 4000)))


def flip(path: Path, content: bytes, rng: random.Random) -> str:
    place, bit = rng.randrange(len(content)), 1 << rng.randrange(8)
    path.write_bytes(content[:place] + bytes([content[place] ^ bit]) + content[place + 1 :])
    return f" of bit {bit} at {place}"


def cut(path: Path, content: bytes, rng: random.Random) -> str:
    path.write_bytes(content[: (place := rng.randrange(len(content)))])
    return f" at {place}"


def hole(path: Path, content: bytes, rng: random.Random) -> str:
    start, end = span(content, rng)
    path.write_bytes(content[:start] + bytes(end - start) + content[end:])
    return f" from {start} to {end}"


def lost(path: Path, content: bytes, rng: random.Random) -> str:
    start, end = span(content, rng)
    path.write_bytes(content[:start] + content[end:])
    return f" from {start} to {end}"


def noise(path: Path, content: bytes, rng: random.Random) -> str:
    start, end = span(content, rng)
    path.write_bytes(content[:start] + rng.randbytes(end - start) + content[end:])
    return f" from {start} to {end}"
