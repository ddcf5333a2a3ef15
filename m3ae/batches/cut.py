"""How the pairs of one step are cut into micro-batches: by the length of their texts, which are then padded with little.

What a pair is shown is drawn for the whole step, before it is cut, and knows of no length: not which words and patches are hidden, nor
whose image stands beside a text that does not belong to it.

Shapes: S pairs of a step, B of them in a micro-batch.
"""

import torch
from torch import Generator, Tensor


def couples(image_ids: list[str], generator: Generator) -> tuple[Tensor, Tensor]:
    """Draw for each pair of a step whose image it is shown (S,), and whether it is its own (S,; 1 = own); half are not.

    Two pairs each show the other one's image, so that a micro-batch that holds both encodes no image twice; which two is left to chance.
    A pair whose image every one left has under another caption keeps its own.
    """
    num_pairs = len(image_ids)
    waiting: list[int] = torch.randperm(num_pairs, generator=generator).tolist()
    other = torch.arange(num_pairs)
    for _ in range(num_pairs // 4):
        first = waiting.pop()
        partner = next((place for place in reversed(waiting) if image_ids[place] != image_ids[first]), None)
        if partner is not None:
            waiting.remove(partner)
            other[first], other[partner] = partner, first
    return other, (other == torch.arange(num_pairs)).long()


def cut(lengths: list[int], other: Tensor, size: int) -> list[Tensor]:
    """Return the pairs (B,) of each micro-batch of `size` pairs, the shortest texts first; `other` (S,) as `couples` draws it.

    Couples stay together, and the others go in twos of about one length; where `size` is odd, a cut may part two.
    """
    partner = other.tolist()
    alone = sorted((place for place, image in enumerate(partner) if place == image), key=lengths.__getitem__)
    twos = [(place, image) for place, image in enumerate(partner) if place < image]
    twos += [tuple(alone[start : start + 2]) for start in range(0, len(alone), 2)]
    twos.sort(key=lambda two: max(lengths[place] for place in two))
    return list(torch.tensor([place for two in twos for place in two]).split(size))
