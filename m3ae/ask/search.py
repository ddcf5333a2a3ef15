"""Which of many images suit a text best, and which of many texts an image. Every half is encoded once; the fusion reads every pair.

Shapes: T texts, I images, L text tokens.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from m3ae.ask.files import Unread
from m3ae.ask.index import index_of
from m3ae.ask.match import pair_scores, require_matching
from m3ae.ask.opened import Opened

FUSED_AT_ONCE = 64


class Hit(NamedTuple):
    """What was found, and its score; a higher one is a better match."""

    found: Any
    score: float


class Found(NamedTuple):
    hits: list[Hit]  # the best first
    unread: list[Unread]


@torch.no_grad()
def search_images(model: Opened, text: str, folder: Path, num_best: int) -> Found:
    """Return the images under `folder` that suit `text` best."""
    require_matching(model)
    index, tokens = index_of(model, folder), model.texts([text])
    encoded = model.learner.backbone.encode_text(tokens.ids, tokens.mask)
    scores = [pair_scores(model, encoded, tokens.mask, images) for images in index.features.split(FUSED_AT_ONCE)] if index.paths else []
    return Found(best(index.paths, scores, num_best), index.unread)


@torch.no_grad()
def search_texts(model: Opened, image: Any, texts: Sequence[str], num_best: int) -> list[Hit]:
    """Return the texts that suit an image best; a text that comes twice is found once."""
    require_matching(model)
    different = sorted(dict.fromkeys(texts), key=len)  # together with others of about its length, which spares padding
    encoded, scores = model.learner.backbone.encode_image(model.images([image])), []
    for start in range(0, len(different), FUSED_AT_ONCE):
        tokens = model.texts(different[start : start + FUSED_AT_ONCE])
        scores.append(pair_scores(model, model.learner.backbone.encode_text(tokens.ids, tokens.mask), tokens.mask, encoded))
    return best(different, scores, num_best)


def best(items: Sequence[Any], scores: list[Tensor], num_best: int) -> list[Hit]:
    if not items:
        return []
    values, places = torch.cat(scores).sort(descending=True, stable=True)
    kept = zip(places[:num_best].tolist(), values[:num_best].tolist(), strict=True)
    return [Hit(items[place], value) for place, value in kept]
