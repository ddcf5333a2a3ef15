"""Which patches to hide where a score says which ones matter: exactly as many as at random, the rest of them still at random.

The split of the best into hidden ones and shown hints is that of AttMask (Kakogeorgiou et al., 2022, arXiv 2203.12719).
Shapes: B pairs, N patches.
"""

from torch import Tensor


def guided_order(order: Tensor, scores: Tensor, num_kept: int, guided: float, hints: float) -> Tensor:
    """Return the order (B, N) of the patches' numbers, of which the first `num_kept` are shown, in place of the random `order` (B, N).

    The share `guided` of what is hidden are the patches of the highest `scores` (B, N), but for the share `hints` of these, which is
    shown. What else is hidden, and which ones are hints, `order` says: nothing is drawn. Patches of one score are taken as they stand in
    `order`, so that a constant score, such as the sum over the tokens of a softmax over tokens, guides nothing.
    """
    num_patches = order.shape[1]
    num_best = round(guided * (num_patches - num_kept))
    ranks = order.argsort(dim=1)  # each patch's place in the random order
    ascending = order.gather(1, scores.gather(1, order).argsort(dim=1, stable=True))  # the lowest score first
    best = ascending[:, num_patches - num_best :]
    by_chance = best.gather(1, ranks.gather(1, best).argsort(dim=1))
    num_hints = round(hints * num_best)
    ranks = ranks.scatter_add(1, by_chance[:, :num_hints], ranks.new_full(by_chance[:, :num_hints].shape, -num_patches))
    ranks = ranks.scatter_add(1, by_chance[:, num_hints:], ranks.new_full(by_chance[:, num_hints:].shape, num_patches))
    return ranks.argsort(dim=1)
