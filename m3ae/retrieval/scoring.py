"""Every image of a split scored against every text of it, and where the right ones come out. Paper, section 3.

Shapes: I images, T texts (one an image, so I = T), L text tokens, H fusion width.
"""

from math import comb
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
import torch
from torch import Tensor

from m3ae.images import to_tensor
from m3ae.metrics import recalls
from m3ae.model.learner import Learner
from m3ae.objectives.retrieval import Retrieval
from m3ae.shards import Shards
from m3ae.tokenizer import Tokenizer
from m3ae.training.gather import gathered, process_share
from m3ae.training.launch import device

ENCODED_AT_ONCE = 64
RECALL_AT = (1, 5, 10)


class Ranking(NamedTuple):
    """For each image and each text the place of its first right partner (0 = the best place)."""

    texts: list[str]
    image_ids: list[str]
    of_image: list[int]  # the first right text's place in the image's list
    of_text: list[int]  # the first right image's place in the text's list
    best_text: list[str]  # each image's first text

    def recalls(self) -> dict[str, dict[str, float]]:
        return {"text_to_image": recalls(self.of_text, RECALL_AT), "image_to_text": recalls(self.of_image, RECALL_AT)}


class Tile(NamedTuple):
    """P texts of about one length."""

    numbers: np.ndarray  # (P,), among all texts
    text: Tensor  # (P, L, H)
    mask: Tensor  # (P, L)


@torch.no_grad()
def rank(learner: Learner, shards: Shards, tokenizer: Tokenizer, image_px: int, text_tokens: int) -> Ranking:
    """Rank with the pair scorer `learner.objectives["retrieval"]`; identical texts are right for each other's images."""
    learner.eval().to(device())
    texts = [shards.row(row)["texts"][0] for row in range(len(shards))]
    scores = score_matrix(learner, shards, tokenizer, texts, image_px, text_tokens)
    right = np.array(texts)[:, None] == np.array(texts)[None, :]  # (I, T)
    return Ranking(texts, [shards.row(row)["image_id"] for row in range(len(shards))], places(scores, right), places(scores.T, right.T),
                   [texts[int(best)] for best in scores.argmax(axis=1)])  # fmt: skip


def score_matrix(learner: Learner, shards: Shards, tokenizer: Tokenizer, texts: list[str], image_px: int, text_tokens: int) -> np.ndarray:
    """(I, T) float32. Every half is encoded once; only the fusion runs for every pair."""
    tokens = tokenizer(texts, text_tokens)
    tiles = encoded_tiles(learner, tokens.ids, tokens.mask)
    mine = list(range(len(texts)))[process_share()]
    rows = []
    for start in range(0, len(mine), ENCODED_AT_ONCE):
        images = torch.stack([to_tensor(shards.pixels(row), image_px) for row in mine[start : start + ENCODED_AT_ONCE]])
        rows += [score_texts(learner, image, tiles) for image in learner.backbone.encode_image(images.to(device()))]
    return np.stack(gathered(rows))


def encoded_tiles(learner: Learner, ids: Tensor, mask: Tensor) -> list[Tile]:
    """All texts (T, L), the shorter ones first: padding is scored as slowly as words."""
    lengths = mask.sum(dim=1)
    tiles = []
    for numbers in lengths.argsort(stable=True).split(ENCODED_AT_ONCE):
        longest = int(lengths[numbers].max())
        tile_ids, tile_mask = (part[numbers, :longest].to(device()) for part in (ids, mask))
        tiles.append(Tile(numbers.numpy(), learner.backbone.encode_text(tile_ids, tile_mask), tile_mask))
    return tiles


def score_texts(learner: Learner, image: Tensor, tiles: list[Tile]) -> np.ndarray:
    """One image's score with every text (T,)."""
    scorer: Retrieval = learner.objectives["retrieval"]
    scores = np.empty(sum(len(tile.numbers) for tile in tiles), np.float32)
    for tile in tiles:  # the image stands once beside the tile's texts, so that the fusion computes once what no text changes
        scores[tile.numbers] = scorer.scores(learner.backbone.fusion, tile.text, tile.mask, image[None]).cpu().numpy()
    return scores


def places(scores: np.ndarray, right: np.ndarray) -> list[int]:
    """For each row how many wrong columns score at least as high as its best right one: a tie earns nothing."""
    best = np.where(right, scores, -np.inf).max(axis=1, keepdims=True)
    return ((scores >= best) & ~right).sum(axis=1).tolist()


def chance(texts: list[str]) -> dict[str, float]:
    """The recalls, in percent, of a ranking drawn at random; identical texts share their right partners."""
    shares = [texts.count(text) for text in texts]  # how many of the candidates are right
    return {f"r{k}": 100 * sum(1 - all_wrong(len(texts), right, k) for right in shares) / len(texts) for k in RECALL_AT}


def all_wrong(candidates: int, right: int, drawn: int) -> float:
    """The probability that none of `drawn` different candidates is right."""
    drawn = min(drawn, candidates)
    return comb(candidates - right, drawn) / comb(candidates, drawn)


def write_ranks(path: Path, ranking: Ranking) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pl.DataFrame({
        "image_id": ranking.image_ids, "text": ranking.texts, "rank_of_image_text": ranking.of_image,
        "rank_of_text_image": ranking.of_text, "best_text": ranking.best_text,
    }).write_parquet(path)  # fmt: skip
