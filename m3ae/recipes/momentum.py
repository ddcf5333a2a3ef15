"""A copy of a learner's modules that follows them: a moving average of their weights. After MoCo (arXiv 1911.05722).

It is no part of the learner: nothing trains, partitions or exports it. Every process has all of it, and the resume state holds it.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from copy import deepcopy

import torch
from torch import Tensor, nn

Whole = Callable[[Iterable[nn.Parameter]], AbstractContextManager[None]]  # has weights whole that are shared out between processes


class Momentum:
    """The copies, in float32, without gradient and dropout; `followed` are the modules themselves, by name."""

    def __init__(self, followed: Mapping[str, nn.Module]):
        self.followed = nn.ModuleDict(followed)
        self.copies = deepcopy(self.followed).float().eval().requires_grad_(False)

    @torch.no_grad()
    def follow(self, momentum: float, whole: Whole) -> None:
        """Move each copy's weights towards the module's own: momentum x old + (1 - momentum) x new."""
        for name, parameter in self.followed.named_parameters():
            with whole([parameter]):
                copy = self.copies.get_parameter(name)
                copy.mul_(momentum).add_(parameter.detach().to(copy), alpha=1 - momentum)

    def state(self) -> dict[str, Tensor]:
        return {f"momentum.{name}": weight.cpu().contiguous() for name, weight in self.copies.named_parameters()}

    @torch.no_grad()
    def load_state(self, state: Mapping[str, Tensor]) -> None:
        for name, weight in self.copies.named_parameters():
            weight.copy_(state[f"momentum.{name}"])
