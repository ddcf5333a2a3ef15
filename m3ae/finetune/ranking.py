"""Every image of a split scored against every text of it, and at which place the right ones come out. Paper, section 3.

Shapes: I images, T texts (one an image, so I = T), L text tokens, N patches, H fusion width.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from m3ae.batches.images import to_tensor
from m3ae.batches.tokenizer import Tokenizer
from m3ae.engine.processes import device, gathered, is_first, process_share
from m3ae.objectives.every_pair import encode_texts, score_pairs, similarities, vectors
from m3ae.objectives.learner import Learner
from m3ae.progress import followed
from m3ae.shards.read import Shards, first_texts

ENCODED_AT_ONCE = 64
IMAGES_A_TILE = {"cpu": 1, "cuda": 4}  # several would change a CPU's last digits: its products sum a batch's last rows otherwise


class Ranking(NamedTuple):
    """What orders each image's texts and each text's images, the highest first."""

    image_to_text: np.ndarray  # (I, T)
    text_to_image: np.ndarray  # (T, I)

    def places(self, texts: Sequence[str]) -> tuple[list[int], list[int]]:
        """Return each image's and each text's place of its first right partner (0 = the best place).

        Identical texts are right for each other's images.
        """
        right = np.array(texts)[:, None] == np.array(texts)  # (I, T)
        return places(self.image_to_text, right), places(self.text_to_image, right.T)


@torch.no_grad()
def rank(learner: Learner, shards: Shards, tokenizer: Tokenizer, image_px: int, text_tokens: int, rerank: int = 0) -> Ranking:
    """Rank all images and texts by the pair scorer `learner.objectives["retrieval"]`; the images are shared out between the processes.

    With `rerank`, the fusion reads each image's and each text's so many most similar partners alone, and the others follow these in
    the order of similarity.
    """
    learner.to(device()).eval()
    captions, mine = first_texts(shards), range(len(shards))[process_share()]
    tokens = tokenizer(captions, text_tokens)
    texts = encode_texts(learner.backbone, tokens.ids, tokens.mask)
    if not 0 < rerank < len(texts):
        rows = gathered(score_rows(learner, shards, mine, texts, image_px))
        scores = np.stack(rows)
        return Ranking(scores, scores.T)
    own = [vector for images in encoded(learner, shards, mine, image_px, "first pass") for vector in vectors(images).cpu()]
    similarity = similarities(torch.stack(gathered(own)), vectors(texts).cpu()).numpy()
    image_to_text, text_to_image = nearest(similarity, rerank), nearest(similarity.T, rerank)
    read = image_to_text | text_to_image.T  # (I, T)
    rows = gathered(score_rows(learner, shards, mine, texts, image_px, read[process_share()]))
    scores = np.stack(rows)
    return Ranking(reranked(similarity, scores, image_to_text), reranked(similarity.T, scores.T, text_to_image))


def score_rows(
    learner: Learner, shards: Shards, rows: Sequence[int], texts: list[Tensor], image_px: int, read: np.ndarray | None = None
) -> list[np.ndarray]:
    """Return the scores of some images with all texts, as `encode_texts` gives them, each (T,) float32.

    `read` (rows, T) says which pairs are scored, None that all are; what is not has the score 0.
    """
    scorer = partial(learner.objectives["retrieval"].scores, learner.backbone.fusion)
    scored: list[np.ndarray] = []
    for images in encoded(learner, shards, rows, image_px, "ranking"):
        if read is None:
            scores = score_pairs(scorer, images, texts, IMAGES_A_TILE[images.device.type])
        else:
            scores = images.new_zeros(len(images), len(texts), dtype=torch.float32)
            for own, image, wanted in zip(scores, images, read[len(scored) :], strict=False):
                numbers = np.flatnonzero(wanted).tolist()
                own[numbers] = score_pairs(scorer, image[None], [texts[number] for number in numbers], 1)[0]
        scored.extend(scores.cpu().numpy())
    return scored


def encoded(learner: Learner, shards: Shards, rows: Sequence[int], image_px: int, title: str) -> Iterator[Tensor]:
    """Yield the features (at most `ENCODED_AT_ONCE`, 1 + N, H) of some images, in order, behind a progress bar."""
    starts = range(0, len(rows), ENCODED_AT_ONCE)
    for start in followed(starts, title, f"{ENCODED_AT_ONCE} images", len(starts), is_first()):
        images = torch.stack([to_tensor(shards.pixels(row), image_px) for row in rows[start : start + ENCODED_AT_ONCE]])
        yield learner.backbone.encode_image(images.to(device()))


def nearest(similarity: np.ndarray, num_best: int) -> np.ndarray:
    """Return which columns of each row are its `num_best` most similar ones."""
    found = np.zeros(similarity.shape, bool)
    np.put_along_axis(found, np.argsort(-similarity, axis=1, kind="stable")[:, :num_best], True, axis=1)
    return found


def reranked(similarity: np.ndarray, scores: np.ndarray, read: np.ndarray) -> np.ndarray:
    """Return the scores of the pairs that were read, and below all of them the others in the order of similarity."""
    return np.where(read, scores, scores[read].min() - 2 + similarity)  # a cosine is at most 1


def places(scores: np.ndarray, right: np.ndarray) -> list[int]:
    """Return for each row how many wrong columns score at least as high as its best right one: a tie earns nothing."""
    best = np.where(right, scores, -np.inf).max(axis=1, keepdims=True)
    return ((scores >= best) & ~right).sum(axis=1).tolist()
