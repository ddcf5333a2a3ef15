"""Splits of a release that publishes none, or of one's own images: a patient, or an image, stands in one of them."""

import hashlib

from m3ae.releases.record import Split

HELD_OUT = 0.1  # of all patients, in validation and as many in test


def drawn(name: str) -> Split:
    """Return the split that is drawn for a patient or image: a function of the name alone."""
    share = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]) / 2**64
    if share >= 2 * HELD_OUT:
        return Split.TRAIN
    return Split.TEST if share < HELD_OUT else Split.VALIDATION


class SplitError(ValueError):
    """A row's split cannot be told, or tears a patient or an image apart; the message says why."""


class Splits:
    """The splits of the rows so far, and whether rows name theirs."""

    def __init__(self) -> None:
        self.are_named: bool | None = None
        self.seen: dict[tuple[str, str], Split] = {}  # ("patient" or "image", id)

    def place(self, named: Split | None, **together: str) -> Split:
        """Return the split that the row names or, where none does, the one that is drawn for the first of `together` that has an id.

        Raises `SplitError` where only some rows name theirs, or one of `together` stands in another split already.
        """
        if self.are_named not in (None, named is not None):
            raise SplitError("some rows name their split and others do not; name it in every row or in none")
        self.are_named = named is not None
        shared = [(kind, name) for kind, name in together.items() if name]
        split = named or drawn(shared[0][1] if shared else "")
        for kind, name in shared:
            if (first := self.seen.setdefault((kind, name), split)) is not split:
                raise SplitError(f"{kind} {name!r} is in {first} and in {split}; keep {kind}s apart")
        return split
