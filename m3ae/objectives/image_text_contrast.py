"""Image-text contrast: which image of a step belongs to a text, and which text to an image?

Globally, as in CLIP (Radford et al., 2021, arXiv 2103.00020), and token by token, by the late interaction of FILIP (Yao et al., 2021,
arXiv 2111.07783). What is found among all pairs of a step is computed without dropout and gradient: of the two sides of a similarity the
anchor alone learns, and each half is an anchor once.
Shapes: B pairs, A pairs of the step, L text tokens, T most text tokens, N patches, H fusion width, D width of the common space.
"""

import math
from typing import NamedTuple, Self

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize, pad

from m3ae.batches.pairs import PairBatch
from m3ae.model.fusion import Fusion
from m3ae.model.init import initialise
from m3ae.model.params import ModelParams
from m3ae.objectives.base import Loss, Objective, View
from m3ae.objectives.contrast import among, centred, compared_with, twins
from m3ae.objectives.tallies import tally

MOST_SCALED = 100.0  # CLIP's bound of 1 / temperature
MARKED = 0  # the showing beside a batch in which a recipe has marked tokens
PADDING, TOKEN, MARKED_TOKEN = 0, 1, 2
SURE = 2.0  # standard errors


class Half(NamedTuple):
    """Either half of several pairs as vectors of length 1 in the common space."""

    vectors: Tensor  # (B, tokens or patches, D)
    kinds: Tensor  # (B, tokens or patches): PADDING, TOKEN or MARKED_TOKEN; a patch is a TOKEN


class Halves(NamedTuple):
    text: Half
    image: Half

    def joined(self, num_tokens: int) -> Tensor:
        """Return all of it as one tensor (B, `num_tokens` + N, D + 1), texts padded alike, so that it travels between processes."""
        rows = [torch.cat([half.vectors, half.kinds.unsqueeze(-1)], dim=-1) for half in self]
        return torch.cat([pad(rows[0], (0, 0, 0, num_tokens - rows[0].shape[1])), rows[1]], dim=1)

    @classmethod
    def parted(cls, rows: Tensor, num_patches: int) -> Self:
        """Undo `joined`."""
        text, image = rows.split([rows.shape[1] - num_patches, num_patches], dim=1)
        return cls(Half(text[..., :-1], text[..., -1]), Half(image[..., :-1], image[..., -1]))


class ImageTextContrast(Objective):
    """What both contrasts share: a projection of each half into the common space, and a temperature that is learned."""

    views = key_views = (View.TEXT, View.IMAGE)

    def __init__(self, params: ModelParams, width: int, temperature: float):
        super().__init__()
        self.text_head, self.image_head = (nn.Linear(params.fusion_width, width) for _ in range(2))
        for head in (self.text_head, self.image_head):
            initialise(head, params.fusion_width)
        self.scale_bias = nn.Parameter(torch.full((1,), -math.log(temperature)))  # a bias, so that it is not decayed

    def losses(self, to_texts: Tensor, to_images: Tensor, same: Tensor, own: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return each pair's loss (B,), and whether its image finds the text, and its text the image (B,; bool).

        `to_texts`, `to_images`: each image's cosines with all texts, each text's with all images (B, A).
        """
        scale = self.scale_bias.float().exp().clamp(max=MOST_SCALED)
        (by_image, found_text), (by_text, found_image) = (among(scale * cosines, same, own) for cosines in (to_texts, to_images))
        return (by_image + by_text) / 2, found_text, found_image


class GlobalContrast(ImageTextContrast):
    """Contrast of the texts' first tokens and the images' class tokens, or their mean patches where there is none."""

    tally_names = ("loss", "text_accuracy", "image_accuracy")
    name = "itc_global"

    def forward(self, fusion: Fusion, features: dict[View, Tensor], batch: PairBatch) -> Loss:
        text, image = self.vectors(fusion, features)
        keys, own = compared_with(batch, self.name)
        texts, images = keys.unbind(dim=1)
        same = same_pairs(texts, images, own)
        losses, *found = self.losses(image @ texts.T, text @ images.T, same, own)
        return Loss(losses.mean(), torch.stack([tally(losses), *map(tally, found)]))

    def keys(self, fusion: Fusion, features: dict[View, Tensor], batch: PairBatch) -> Tensor:
        return torch.stack(self.vectors(fusion, features), dim=1)

    def vectors(self, fusion: Fusion, features: dict[View, Tensor]) -> tuple[Tensor, Tensor]:
        """Return a vector of each text and of each image (B, D)."""
        image = features[View.IMAGE][:, 0] if fusion.image_pooler.reads_first else features[View.IMAGE].mean(dim=1)
        text, image = self.text_head(features[View.TEXT][:, 0]), self.image_head(image)
        return normalize(text.float(), dim=-1), normalize(image.float(), dim=-1)


class TokenContrast(ImageTextContrast):
    """Contrast of every token with every patch. Its keys also say which patches a text's marked tokens speak of.

    `margin` and `gate` are those of `margins`, as a mean over the pairs and as 1 or 0.
    """

    tally_names = ("loss", "text_accuracy", "image_accuracy", "margin", "gate")
    name = "itc_tokens"

    def __init__(self, params: ModelParams, width: int, temperature: float):
        super().__init__(params, width, temperature)
        self.most_tokens = params.text_tokens

    def forward(self, fusion: Fusion, features: dict[View, Tensor], batch: PairBatch) -> Loss:
        text, image = self.halves(features, batch)
        everyone, own = everyone_of(batch)
        same = same_pairs(mean_vector(everyone.text), mean_vector(everyone.image), own)
        losses, *found = self.losses(late_interaction(image, everyone.text), late_interaction(text, everyone.image), same, own)
        margin = margins(everyone)
        tallies = [tally(losses), *map(tally, found), tally(margin), tally(is_open(margin))]
        return Loss(losses.mean(), torch.stack(tallies))

    def keys(self, fusion: Fusion, features: dict[View, Tensor], batch: PairBatch) -> Tensor:
        return self.halves(features, batch).joined(self.most_tokens)

    def halves(self, features: dict[View, Tensor], batch: PairBatch) -> Halves:
        """Return the tokens and patches of a batch; where nobody has marked tokens, all of them are."""
        text = normalize(self.text_head(features[View.TEXT]).float(), dim=-1)
        image = normalize(self.image_head(features[View.IMAGE][:, -batch.patch_order.shape[1] :]).float(), dim=-1)
        marked = batch.text_mask if batch.beside is None else batch.beside[MARKED].marked
        assert marked is not None  # the recipe sees to it
        kinds = (batch.text_mask * TOKEN + (batch.text_mask * marked) * (MARKED_TOKEN - TOKEN)).to(text.dtype)
        return Halves(Half(text, kinds), Half(image, torch.full_like(image[..., 0], TOKEN)))


def everyone_of(batch: PairBatch) -> tuple[Halves, Tensor]:
    """Return the tokens and patches of all pairs of the step, and the numbers among them of the batch's own pairs (B,)."""
    keys, own = compared_with(batch, TokenContrast.name)
    return Halves.parted(keys, batch.patch_order.shape[1]), own


def late_interaction(anchors: Half, keys: Half) -> Tensor:
    """Return the mean over an anchor's tokens of the cosine with the most similar token of a key (B, A)."""
    cosines = torch.einsum("btd,asd->bats", anchors.vectors, keys.vectors)
    best = cosines.masked_fill_((keys.kinds == PADDING)[:, None], -torch.inf).max(dim=-1).values  # (B, A, tokens of an anchor)
    there = (anchors.kinds != PADDING).to(best.dtype)
    return torch.einsum("bat,bt->ba", best, there) / there.sum(dim=1, keepdim=True)


def mean_vector(half: Half) -> Tensor:
    there = (half.kinds != PADDING).unsqueeze(-1)
    return (half.vectors * there).sum(dim=1) / there.sum(dim=1)


def same_pairs(texts: Tensor, images: Tensor, own: Tensor) -> Tensor:
    """Return which other pairs have a pair's own text or image (B, A; bool): no negatives.

    They are told apart by what not all of them share: before training all cosines are almost 1, and every pair would be every other one.
    """
    return twins(centred(texts, texts), own) | twins(centred(images, images), own)


def scores(halves: Halves) -> Tensor:
    """Return the mean cosine of each patch with its text's marked tokens (B, N), 0 where none is marked."""
    marked = (halves.text.kinds == MARKED_TOKEN).to(halves.text.vectors.dtype)
    mean = torch.einsum("btd,bt->bd", halves.text.vectors, marked) / marked.sum(dim=1, keepdim=True).clamp(min=1)
    return torch.einsum("bnd,bd->bn", halves.image.vectors, mean)


def margins(everyone: Halves) -> Tensor:
    """Return how much more similar the marked tokens are to their own image than to that of the next pair of the step (A,).

    A similarity is the mean over the marked tokens of the cosine with the most similar patch.
    """
    marked = (everyone.text.kinds == MARKED_TOKEN).to(everyone.text.vectors.dtype)
    own, next_one = everyone.image.vectors, everyone.image.vectors.roll(-1, dims=0)
    best = [(everyone.text.vectors @ patches.mT).max(dim=-1).values for patches in (own, next_one)]
    return ((best[0] - best[1]) * marked).sum(dim=1) / marked.sum(dim=1).clamp(min=1)


def is_open(margin: Tensor) -> Tensor:
    """Return whether the mean of the margins (A,) is above 0 by more than chance would have it (; bool)."""
    return margin.mean() > SURE * margin.std(correction=0) / len(margin) ** 0.5
