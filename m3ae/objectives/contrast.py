"""Contrast over all pairs of a step: which of many keys is an anchor's own? InfoNCE (van den Oord et al., 2018, arXiv 1807.03748).

Shapes: B anchors, A keys, D width.
"""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize

TWIN = 1 - 1e-4  # cosine from which a key is another one's twin


def centred(vectors: Tensor, keys: Tensor) -> Tensor:
    """Return `vectors` (B, D) of length 1, without what all `keys` (A, D) share: their mean would make every cosine almost 1."""
    return normalize(vectors - keys.mean(dim=0), dim=-1)


def info_nce(anchors: Tensor, keys: Tensor, own: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
    """Return each anchor's cross-entropy over the keys (B,), and whether its own is the most similar (B,; bool).

    `anchors` (B, D) and `keys` (A, D) have length 1; `own` (B,) numbers each anchor's key.
    """
    return found_among(anchors @ keys.T / temperature, own, twins(keys, own))


def found_among(similarities: Tensor, own: Tensor, same: Tensor) -> tuple[Tensor, Tensor]:
    """Return what `info_nce` does, of the similarities (B, A); what is the `same` (B, A; bool) as an anchor's own key is no negative."""
    similarities = similarities.masked_fill(same, -torch.inf)
    return cross_entropy(similarities, own, reduction="none"), similarities.argmax(dim=1) == own


def twins(keys: Tensor, own: Tensor) -> Tensor:
    """Return which other keys are an anchor's own key once more (B, A; bool), such as one image's under two captions: no negatives."""
    same = keys[own] @ keys.T > TWIN
    return same.scatter(1, own[:, None], False)
