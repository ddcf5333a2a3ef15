"""What every objective is: it names the views it reads, and turns fused features into a loss.

A view is one way of showing half a pair. The learner encodes each wanted view once, whatever the number
of objectives that read it; an objective never sees an encoder.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, ClassVar, NamedTuple, Self

from torch import Tensor, nn

from m3ae.model.config import ModelConfig
from m3ae.model.fusion import Fusion


class View(StrEnum):
    """In the order in which they are encoded."""

    NEGATIVE_IMAGE = "negative_image"  # images from outside the batch; a batch without them has no such view
    IMAGE = "image"
    KEPT_IMAGE = "kept_image"  # patches left out
    MASKED_TEXT = "masked_text"
    TEXT = "text"


class Beside(NamedTuple):
    """A view of the pairs as a recipe shows them beside."""

    showing: int  # its number in the batch's `beside`
    view: View


Features = Mapping[Any, Tensor]  # of a `View` or a `Beside`


class Loss(NamedTuple):
    value: Tensor  # ()
    tallies: Tensor  # (len(tally_names), 2): (sum, count) of each


class Objective(nn.Module):
    """`forward(fusion, features, batch) -> Loss`, where `features` maps each of `views` that the batch has to its projected features.

    What kind of batch it reads, each says itself. One that compares its pairs with all others of a step names `key_views`, and finds what
    its `keys` made of them in the batch's `step`.
    """

    views: ClassVar[tuple[View | Beside, ...]]
    in_evaluation: ClassVar[tuple[View | Beside, ...]] = ()  # the views that it reads in evaluation, where they are others
    key_views: ClassVar[tuple[View, ...]] = ()
    tally_names: ClassVar[tuple[str, ...]]

    @classmethod
    def of(cls, config: ModelConfig) -> Self:
        """Return a newly drawn one that fits the model."""
        raise NotImplementedError

    def forward(self, fusion: Fusion, features: Any, batch: Any) -> Loss:
        raise NotImplementedError

    def keys(self, fusion: Fusion, features: dict[View, Tensor], batch: Any) -> Tensor:
        """Return what the pairs of a step are compared with (B, ...), from the `key_views`; no gradient goes this way."""
        raise NotImplementedError
