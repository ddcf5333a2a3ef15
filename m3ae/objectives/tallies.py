"""Tallies: (sum, count) pairs that add across batches and processes."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
import torch.distributed as dist
from torch import Tensor


def tally(values: Tensor, count: Tensor | None = None) -> Tensor:
    """Return (sum, count) of `values`, detached, in float64: (2,). `count` (): of how many the others are zeros; None: all count."""
    total = values.detach().double().sum()
    return torch.stack([total, total.new_full((), values.numel()) if count is None else count.double()])  # nothing goes to a GPU


@dataclass
class Tallies:
    """Named running sums. `names` are in the order of the rows that `add` is given."""

    names: Sequence[str]
    sums: Tensor = field(init=False)

    def __post_init__(self) -> None:
        self.sums = torch.zeros(len(self.names), 2, dtype=torch.float64)

    def add(self, rows: Tensor) -> None:
        self.sums = self.sums.to(rows.device) + rows  # nothing is read from a GPU before somebody asks

    def means(self) -> dict[str, float]:
        """Return name -> mean over everything added on every process; what was never counted is left out."""
        total = summed_over_processes(self.sums.cpu())
        return {name: (row[0] / row[1]).item() for name, row in zip(self.names, total, strict=True) if row[1] > 0}


def summed_over_processes(sums: Tensor) -> Tensor:
    if not (dist.is_initialized() and dist.get_world_size() > 1):
        return sums
    total = sums.to("cuda" if dist.get_backend() == "nccl" else "cpu", copy=True)
    dist.all_reduce(total)
    return total.cpu()
