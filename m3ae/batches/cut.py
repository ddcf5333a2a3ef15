"""How the pairs of one step are cut into micro-batches: by the length of their texts, which are then padded with little.

Shapes: S pairs of a step, B of them in a micro-batch.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Generator, Tensor


class Part(NamedTuple):
    """A micro-batch of a step."""

    samples: list[int]  # their numbers in the split
    other: Tensor | None  # (B,): whose image each text may be shown with, as a number among them; None: not drawn yet
    weight: float  # its texts' tokens, as a share of the mean over the step's micro-batches


def couples(num_pairs: int, generator: Generator) -> Tensor:
    """Draw for each pair of a step whose image it is shown (S,): half of them another one's, the others their own.

    Two pairs show each other's image, so that a micro-batch that holds both encodes no image twice; which two is left to chance.
    """
    drawn = torch.randperm(num_pairs, generator=generator)[: num_pairs // 4 * 2].view(-1, 2)
    return torch.arange(num_pairs).index_copy(0, drawn.flatten(), drawn.flip(1).flatten())


def cut(lengths: Sequence[int], other: Tensor, size: int) -> list[Tensor]:
    """Return the pairs (B,) of each micro-batch of `size` pairs, the shortest texts first; `other` (S,) as `couples` draws it.

    Couples stay together, and the others go in twos of about one length; where `size` is odd, a cut may part two.
    """
    partner = other.tolist()
    alone = sorted((place for place, image in enumerate(partner) if place == image), key=lengths.__getitem__)
    twos = [[place, image] for place, image in enumerate(partner) if place < image]
    twos += [alone[start : start + 2] for start in range(0, len(alone), 2)]
    twos.sort(key=lambda two: max(lengths[place] for place in two))
    return list(torch.tensor([place for two in twos for place in two]).split(size))


def among(part: Tensor, other: Tensor) -> Tensor:
    """Return the numbers (B,), among the pairs `part` (B,) of a step, of their `other` ones (S,); their own where it is none of them."""
    own = torch.arange(len(part))
    number = torch.full_like(other, -1).index_copy(0, part, own)[other[part]]
    return torch.where(number < 0, own, number)
