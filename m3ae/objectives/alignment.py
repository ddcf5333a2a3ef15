"""Alignment: a text and its image find each other by what the two encoders make of them alone. arXiv 2408.02245, stage 1, our reading.

The paper contrasts patches of two images that lie on each other pixel by pixel. A word has no such place: late interaction (FILIP,
arXiv 2111.07783) compares it with the patch that it is most similar to, wherever that is.
Shapes: B pairs, A pairs of the step, L text tokens, N patches, H fusion width.
"""

import torch
from torch import Tensor
from torch.nn.functional import normalize

from m3ae.batches.pairs import PairBatch
from m3ae.model.fusion import Fusion
from m3ae.objectives.base import Loss, Objective, View
from m3ae.objectives.contrast import centred, found_among, twins
from m3ae.objectives.halves import mean_of
from m3ae.objectives.tallies import tally


class Alignment(Objective):
    """InfoNCE both ways: of whole halves among all pairs of the step, and of tokens with patches among those of the micro-batch.

    A token or patch of all other pairs of a step would take as many similarities as they all have tokens, squared.
    """

    views = key_views = (View.TEXT, View.IMAGE)
    tally_names = ("loss", "local_loss", "accuracy_of_texts", "accuracy_of_images", "local_accuracy")
    name = "alignment"

    def __init__(self, whole: float, local: float, temperature: float):
        super().__init__()
        self.whole, self.local, self.temperature = whole, local, temperature

    def forward(self, fusion: Fusion, features: dict[View, Tensor], batch: PairBatch) -> Loss:
        """Return the weighted sum of both; accuracies count texts that found their image, images their text, and texts by their tokens."""
        assert batch.step is not None  # the learner sees to it
        text, image = (features[view].float() for view in self.views)
        keys, own = batch.step.of[self.name], batch.step.own(len(text), text.device)
        same = twins(centred(keys[:, 0], keys[:, 0]), own) | twins(centred(keys[:, 1], keys[:, 1]), own)
        halves = torch.stack([mean_of(text, batch.text_mask), mean_of(image)], dim=1)
        (losses, found_image), (of_images, found_text) = whole_contrast(halves, keys, own, same, self.temperature)
        losses = (losses + of_images) / 2
        same_here = same[:, batch.step.start : batch.step.start + len(text)]
        local, locally_found = local_contrast(text, batch.text_mask.bool(), image, same_here, self.temperature)
        total = self.whole * losses + self.local * local
        return Loss(total.mean(), torch.stack([tally(part) for part in (total, local, found_image, found_text, locally_found)]))

    def keys(self, fusion: Fusion, features: dict[View, Tensor], batch: PairBatch) -> Tensor:
        """Return the mean token and the mean patch (B, 2, H)."""
        return torch.stack([mean_of(features[View.TEXT], batch.text_mask), mean_of(features[View.IMAGE])], dim=1)


Found = tuple[Tensor, Tensor]  # each one's loss (B,), and whether it found its own (B,; bool)


def whole_contrast(halves: Tensor, keys: Tensor, own: Tensor, same: Tensor, temperature: float) -> tuple[Found, Found]:
    """Return how texts find images, and images texts; `halves` (B, 2, H) take their own places among the `keys` (A, 2, H).

    So the gradient reaches both sides of every comparison within a micro-batch, and one side of those with the rest of the step.
    """
    text, image = (centred(halves[:, half], keys[:, half]) for half in range(2))
    texts, images = (centred(keys[:, half], keys[:, half]).index_copy(0, own, live) for half, live in enumerate((text, image)))
    return (
        found_among(text @ images.T / temperature, own, same),
        found_among(image @ texts.T / temperature, own, same),
    )


def local_contrast(text: Tensor, mask: Tensor, image: Tensor, same: Tensor, temperature: float) -> Found:
    """Return the same of tokens and patches, both ways in one; the texts' are those that found their image. `mask` (B, L; bool)."""
    own = torch.arange(len(text), device=text.device)
    words, places = directions(text, mask), directions(image, torch.ones_like(image[..., 0], dtype=torch.bool))
    every = torch.einsum("blh,cnh->bcln", words, places)  # (B texts, B images, L, N)
    there = mask[:, None, :]
    of_words = every.amax(dim=3).masked_fill(~there, 0).sum(dim=2) / there.sum(dim=2)  # each word with its most similar patch
    of_places = every.masked_fill(~there[..., None], -torch.inf).amax(dim=2).mean(dim=2)  # and each patch with its word
    losses, found = found_among(of_words / temperature, own, same)
    of_images, _ = found_among(of_places.T / temperature, own, same)
    return (losses + of_images) / 2, found


def directions(tokens: Tensor, mask: Tensor) -> Tensor:
    """Return tokens (B, T, H) of length 1, without what all that are there (B, T; bool) share, through which no gradient goes."""
    shared = tokens.detach().masked_fill(~mask.unsqueeze(-1), 0).sum(dim=(0, 1)) / mask.sum()
    return normalize(tokens - shared, dim=-1)
