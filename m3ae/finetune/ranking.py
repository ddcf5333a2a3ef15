"""Every image of a split scored against every text of it, and at which place the right ones come out. Paper, section 3.

Shapes: I images, T texts (one an image, so I = T), L text tokens, H fusion width.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from m3ae.batches.images import to_tensor
from m3ae.batches.tokenizer import Tokenizer
from m3ae.engine.processes import device, gathered, is_first, process_share
from m3ae.objectives.learner import Learner
from m3ae.objectives.retrieval import Retrieval
from m3ae.progress import followed
from m3ae.shards.read import Shards, first_texts

ENCODED_AT_ONCE = 64


class Ranking(NamedTuple):
    """For each image and each text the place of its first right partner (0 = the best place)."""

    texts: list[str]
    scores: np.ndarray  # (I, T)
    of_image: list[int]  # the first right text's place in the image's list
    of_text: list[int]  # the first right image's place in the text's list


class Tile(NamedTuple):
    """P texts of about one length."""

    numbers: np.ndarray  # (P,), among all texts
    text: Tensor  # (P, L, H)
    mask: Tensor  # (P, L)


def rank(learner: Learner, shards: Shards, tokenizer: Tokenizer, image_px: int, text_tokens: int) -> Ranking:
    """Rank all images and texts, the images shared out between the processes; identical texts are right for each other's images."""
    texts, mine = first_texts(shards), range(len(shards))[process_share()]
    rows = gathered(score_rows(learner.to(device()), shards, mine, texts, tokenizer, image_px, text_tokens))
    scores = np.stack(rows)
    right = np.array(texts)[:, None] == np.array(texts)[None, :]  # (I, T)
    return Ranking(texts, scores, places(scores, right), places(scores.T, right.T))


@torch.no_grad()
def score_rows(
    learner: Learner, shards: Shards, rows: Sequence[int], texts: list[str], tokenizer: Tokenizer, image_px: int, text_tokens: int
) -> list[np.ndarray]:
    """Return the scores of some images with all texts, each (T,) float32, by the pair scorer `learner.objectives["retrieval"]`.

    Every half is encoded once; only the fusion runs for every pair.
    """
    learner.eval()
    place = next(learner.parameters()).device
    tokens = tokenizer(texts, text_tokens)
    tiles = encoded_tiles(learner, tokens.ids.to(place), tokens.mask.to(place))
    scored = []
    starts = range(0, len(rows), ENCODED_AT_ONCE)
    for start in followed(starts, "ranking", f"{ENCODED_AT_ONCE} images", len(starts), is_first()):
        images = torch.stack([to_tensor(shards.pixels(row), image_px) for row in rows[start : start + ENCODED_AT_ONCE]])
        scored += [score_texts(learner, image, tiles) for image in learner.backbone.encode_image(images.to(place))]
    return scored


def encoded_tiles(learner: Learner, ids: Tensor, mask: Tensor) -> list[Tile]:
    """Encode all texts (T, L), the shorter ones first: padding is scored as slowly as words."""
    lengths = mask.sum(dim=1)
    tiles = []
    for numbers in lengths.argsort(stable=True).split(ENCODED_AT_ONCE):
        longest = int(lengths[numbers].max())
        tile_ids, tile_mask = (part[numbers, :longest] for part in (ids, mask))
        tiles.append(Tile(numbers.cpu().numpy(), learner.backbone.encode_text(tile_ids, tile_mask), tile_mask))
    return tiles


def score_texts(learner: Learner, image: Tensor, tiles: list[Tile]) -> np.ndarray:
    """Return one image's score with every text (T,)."""
    scorer: Retrieval = learner.objectives["retrieval"]
    scores = np.empty(sum(len(tile.numbers) for tile in tiles), np.float32)
    for tile in tiles:  # the image stands once beside the tile's texts, so that the fusion computes once what no text changes
        scores[tile.numbers] = scorer.scores(learner.backbone.fusion, tile.text, tile.mask, image[None]).cpu().numpy()
    return scores


def places(scores: np.ndarray, right: np.ndarray) -> list[int]:
    """Return for each row how many wrong columns score at least as high as its best right one: a tie earns nothing."""
    best = np.where(right, scores, -np.inf).max(axis=1, keepdims=True)
    return ((scores >= best) & ~right).sum(axis=1).tolist()
