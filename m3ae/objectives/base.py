"""What every objective is: it names the views it reads, and turns fused features into a loss.

A view is one way of showing half a pair. The learner encodes each wanted view once, whatever the number
of objectives that read it; an objective never sees an encoder.
"""

from enum import StrEnum
from typing import ClassVar, NamedTuple

from torch import Tensor, nn

from m3ae.model.fusion import Fusion


class View(StrEnum):
    TEXT = "text"
    SHOWN_TEXT = "shown_text"  # words hidden
    IMAGE = "image"
    KEPT_IMAGE = "kept_image"  # patches left out
    FALSE_IMAGE = "false_image"  # images from outside the batch; a batch without them has no such view


class Loss(NamedTuple):
    value: Tensor  # ()
    tallies: Tensor  # (len(tally_names), 2): (sum, count) of each


class Objective(nn.Module):
    """`forward(fusion, seen, batch) -> Loss`, where `seen` maps each of `views` that the batch has to its projected features."""

    views: ClassVar[tuple[View, ...]]
    tally_names: ClassVar[tuple[str, ...]]

    def forward(self, fusion: Fusion, seen: dict[View, Tensor], batch: NamedTuple) -> Loss:
        raise NotImplementedError
