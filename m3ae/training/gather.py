"""Lists that are worked through by several processes and put together again."""

from typing import TypeVar

import torch.distributed as dist

T = TypeVar("T")


def process_share() -> slice:
    """Every process's own elements of a list that all of them hold: `items[process_share()]`."""
    return slice(dist.get_rank(), None, dist.get_world_size()) if dist.is_initialized() else slice(None)


def gathered(share: list[T]) -> list[T]:
    """The whole list again, in its order, on every process."""
    if not (dist.is_initialized() and dist.get_world_size() > 1):
        return share
    shares: list[list[T]] = [[] for _ in range(dist.get_world_size())]
    dist.all_gather_object(shares, share)
    longest = max(len(part) for part in shares)
    return [part[turn] for turn in range(longest) for part in shares if turn < len(part)]
