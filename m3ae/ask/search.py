"""Which of many images suit a text best, and which of many texts an image. Every half is encoded once; the fusion reads every pair, or the
pairs of the `rerank` halves alone that are most similar before it.

Shapes: T texts, I images, L text tokens, H fusion width.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from m3ae.ask.files import Unread
from m3ae.ask.index import index_of
from m3ae.ask.match import pair_scores, require_matching
from m3ae.ask.opened import Opened
from m3ae.objectives.every_pair import TEXTS_AT_ONCE, encode_texts, score_pairs, similarities, vectors

IMAGES_A_TILE = 64  # beside one text


class Hit(NamedTuple):
    """What was found, and its score; a higher one is a better match."""

    found: Any
    score: float


class Found(NamedTuple):
    hits: list[Hit]  # the best first
    unread: list[Unread]


@torch.no_grad()
def search_images(model: Opened, text: str, folder: Path, num_best: int, rerank: int = 0) -> Found:
    """Return the images under `folder` that suit `text` best; with `rerank`, among so many whose vectors are most similar to its own."""
    require_matching(model)
    index, [encoded] = index_of(model, folder), encoded_texts(model, [text])
    paths, features = index.paths, index.features
    if 0 < rerank < len(paths):
        kept = similarities(vectors(features), vectors([encoded])).flatten().topk(rerank).indices
        paths, features = [paths[place] for place in kept.tolist()], features[kept]
    scores = score_pairs(partial(pair_scores, model), features, [encoded], IMAGES_A_TILE)
    return Found(best(paths, scores.flatten(), num_best), index.unread)


@torch.no_grad()
def search_texts(model: Opened, image: Any, texts: Sequence[str], num_best: int, rerank: int = 0) -> list[Hit]:
    """Return the texts that suit an image best, with `rerank` as `search_images`; a text that comes twice is found once."""
    require_matching(model)
    different = sorted(dict.fromkeys(texts), key=len)  # together with others of about its length, which spares padding
    encoded = model.learner.backbone.encode_image(model.images([image]))
    if 0 < rerank < len(different):
        similar = [similarities(vectors(encoded), vectors(part)).flatten() for part in parts(model, different)]
        different = [different[place] for place in sorted(torch.cat(similar).topk(rerank).indices.tolist())]
    scores = [score_pairs(partial(pair_scores, model), encoded, part, 1).flatten() for part in parts(model, different)]
    return best(different, torch.cat(scores), num_best) if different else []


def parts(model: Opened, texts: Sequence[str]) -> Iterator[list[Tensor]]:
    """Yield the features of all texts, of so many at once as a tile has: together they may be larger than the memory."""
    for start in range(0, len(texts), TEXTS_AT_ONCE):
        yield encoded_texts(model, texts[start : start + TEXTS_AT_ONCE])


def encoded_texts(model: Opened, texts: Sequence[str]) -> list[Tensor]:
    """Return each text's features (L, H)."""
    tokens = model.tokenizer(texts, model.config.model.text_tokens)
    return encode_texts(model.learner.backbone, tokens.ids, tokens.mask)


def best(items: Sequence[Any], scores: Tensor, num_best: int) -> list[Hit]:
    values, places = scores.sort(descending=True, stable=True)
    kept = zip(places[:num_best].tolist(), values[:num_best].tolist(), strict=True)
    return [Hit(items[place], value) for place, value in kept]
