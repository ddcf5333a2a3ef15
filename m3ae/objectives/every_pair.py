"""Many images scored with many texts: each half is encoded once, and the fusion reads tiles of pairs. Nothing is learned here.

Shapes: I images, T texts, of which a tile has J and P; L text tokens, N patches, H fusion width.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn.functional import normalize
from torch.nn.utils.rnn import pad_sequence

from m3ae.model.backbone import Backbone

TEXTS_AT_ONCE = 64
Scorer = Callable[[Tensor, Tensor, Tensor], Tensor]  # texts (1, P, L, H), their mask (1, P, L), images (J, 1, 1 + N, H) -> (J, P)


def encode_texts(backbone: Backbone, ids: Tensor, mask: Tensor) -> list[Tensor]:
    """Encode token ids (T, L) with their mask (T, L; 1 = a token), both on the CPU; return each text's features (L, H) without padding."""
    place, lengths = backbone.modality.weight.device, mask.sum(dim=1)
    features: dict[int, Tensor] = {}
    for numbers in lengths.argsort(stable=True).split(TEXTS_AT_ONCE):
        longest = int(lengths[numbers].max())
        encoded = backbone.encode_text(*(part[numbers, :longest].to(place) for part in (ids, mask)))
        features |= {number: text[: int(lengths[number])] for number, text in zip(numbers.tolist(), encoded, strict=True)}
    return [features[number] for number in range(len(ids))]


def score_pairs(scorer: Scorer, images: Tensor, texts: Sequence[Tensor], images_at_once: int) -> Tensor:
    """Return the scores (I, T), float32, of encoded images (I, 1 + N, H) with texts as `encode_texts` gives them.

    A tile has `images_at_once` images and `TEXTS_AT_ONCE` texts of about one length, for padding is read as slowly as words. The
    scores stay on the images' device, so that no tile waits for a GPU.
    """
    scores = torch.empty(len(images), len(texts), device=images.device)
    shortest_first = sorted(range(len(texts)), key=lambda number: len(texts[number]))
    for start in range(0, len(texts), TEXTS_AT_ONCE):
        numbers = shortest_first[start : start + TEXTS_AT_ONCE]
        text, mask = padded([texts[number] for number in numbers])
        columns = torch.tensor(numbers, device=images.device)
        for rows in torch.arange(len(images), device=images.device).split(images_at_once):
            scores[rows[:, None], columns] = scorer(text[None], mask[None], images[rows, None])
    return scores


def padded(texts: list[Tensor]) -> tuple[Tensor, Tensor]:
    """Return texts' features side by side (P, L, H) and their mask (P, L; True = a token)."""
    features = pad_sequence(texts, batch_first=True)
    lengths = torch.tensor([len(text) for text in texts], device=features.device)
    return features, torch.arange(features.shape[1], device=features.device) < lengths[:, None]


def vectors(halves: Sequence[Tensor] | Tensor) -> Tensor:
    """Return the mean of the tokens, before the fusion, of each image or each text, given without padding (I or T, H)."""
    return torch.stack([half.mean(dim=0) for half in halves])


def similarities(images: Tensor, texts: Tensor) -> Tensor:
    """Return the cosines (I, T) of images' and texts' `vectors`.

    They cost next to nothing. But no objective brings the vectors of a pair together, so that they promise little.
    """
    return normalize(images, dim=-1) @ normalize(texts, dim=-1).T
