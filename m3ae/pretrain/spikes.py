"""Sudden jumps of the loss, which often lead to the pairs that made them. They are told, and nothing is done about them."""

from collections import deque
from statistics import median

from m3ae.disk.named import first_few

NUM_RECENT, LEAST_KNOWN = 50, 20  # steps
JUMP = 1.5  # times the recent median
MOST_NAMES = 16


class Spikes:
    """`notice(loss)` says what to compare a spike with; `count` is how many there were."""

    def __init__(self) -> None:
        self.recent: deque[float] = deque(maxlen=NUM_RECENT)
        self.count = 0

    def notice(self, loss: float) -> float | None:
        """Return the recent median where `loss` stands out from it, else None."""
        usual = median(self.recent) if len(self.recent) >= LEAST_KNOWN else None
        self.recent.append(loss)
        if usual is None or loss <= JUMP * usual:
            return None
        self.count += 1
        return usual


def told(step: int, loss: float, usual: float, names: list[str]) -> str:
    shown = first_few(names, MOST_NAMES)
    return f"step {step}: the loss jumped to {loss:.3f}, from a median of {usual:.3f} in the last {NUM_RECENT} steps; its pairs: {shown}"
