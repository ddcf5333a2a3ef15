"""Which samples form a batch. Everything random is a function of (seed, number of the micro-batch), so that a resumed run, and one on
another number of processes, sees the same batches.
"""

import numpy as np
import torch
from torch import Generator, Tensor

from m3ae.shards.read import Shards


def generator_for(*numbers: int) -> Generator:
    """Return a generator whose state depends on `numbers` alone."""
    return Generator().manual_seed(seed_for(*numbers))


def seed_for(*numbers: int) -> int:
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0] >> 1)


def name_of(shards: Shards, row: int) -> str:
    """Return a row's release and id, for messages."""
    return f"{shards.folder.name} {shards.row(row)['id']}"


class Order:
    """Which samples form the k-th micro-batch: epochs shuffled by (seed, epoch), laid end to end."""

    def __init__(self, num_samples: int, size: int, seed: int):
        self.num_samples, self.size, self.seed = num_samples, size, seed

    def __call__(self, number: int) -> list[int]:
        return [self.sample(place) for place in range(number * self.size, (number + 1) * self.size)]

    def sample(self, place: int) -> int:
        epoch, within = divmod(place, self.num_samples)
        return int(self.permutation(epoch)[within])

    def permutation(self, epoch: int) -> Tensor:
        if getattr(self, "_epoch", None) != epoch:
            self._epoch, self._permutation = epoch, torch.randperm(self.num_samples, generator=generator_for(self.seed, epoch))
        return self._permutation


class InOrder:
    """Which samples form the k-th batch of an evaluation: each once, in the order of the shards."""

    def __init__(self, num_samples: int, size: int):
        self.num_samples, self.size = num_samples, size

    def __len__(self) -> int:
        return -(-self.num_samples // self.size)

    def __call__(self, number: int) -> list[int]:
        return list(range(self.num_samples)[number * self.size : (number + 1) * self.size])
