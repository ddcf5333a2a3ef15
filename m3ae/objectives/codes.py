"""Codes: hidden patches, told by the text, are put into the classes in which a momentum copy sees them. Our reading of arXiv 2403.00249.

One head names the classes of whole images and of patches: what agreement between two showings of an image teaches about the former is the
language of the latter. After iBOT (arXiv 2111.07832), whose patches are read beside a text here.
Shapes: B pairs, N patches, M hidden ones, K codes, H fusion width.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import linear, normalize

from m3ae.batches.pairs import PairBatch
from m3ae.model.decoders import sine_cosine_positions
from m3ae.model.fusion import Fusion, Read
from m3ae.model.init import initialise, std
from m3ae.model.params import ModelParams
from m3ae.model.vision import take
from m3ae.objectives.base import Beside, Features, Loss, Objective, View
from m3ae.objectives.tallies import tally

CROPPED = 0  # the showing beside a batch
CROPPED_IMAGE = Beside(CROPPED, View.IMAGE)
NUM_WHOLE = 2  # showings of an image as a whole: as M3AE shows it, and cropped


class Head(nn.Module):
    """Features (..., H) -> how similar each of K codes is (..., K): cosines."""

    def __init__(self, width: int, hidden: int, bottleneck: int, num_codes: int):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, hidden), nn.GELU(), nn.Linear(hidden, bottleneck)
        )
        self.codes = Cosines(bottleneck, num_codes, bias=False)
        initialise(self, hidden)

    def forward(self, features: Tensor) -> Tensor:
        return self.codes(self.layers(features)).float()


class Cosines(nn.Linear):
    """Vectors (..., D) -> the cosine of each with every row of the weights (..., K)."""

    def forward(self, vectors: Tensor) -> Tensor:
        return linear(normalize(vectors, dim=-1), normalize(self.weight, dim=-1))


class Asked(NamedTuple):
    """What params.yaml says of the objective."""

    agreement: float
    codes: float
    temperature: float
    reads_text: bool


class Codes(Objective):
    """Cross-entropy to the momentum copy's codes: of an image's two showings, each to that of the other, and of hidden patches."""

    views = (View.TEXT, View.KEPT_IMAGE, View.IMAGE, CROPPED_IMAGE)
    tally_names = ("loss", "agreement_loss", "patch_loss", "accuracy", "spread", "unsureness")
    name = "codes"

    def __init__(self, head: Head, asked: Asked, layer: int, params: ModelParams):
        super().__init__()
        self.head, self.asked, self.layer = head, asked, layer
        self.mask_token = MaskToken(params.fusion_width, params.num_patches)

    def forward(self, fusion: Fusion, features: Features, batch: PairBatch) -> Loss:
        """Return the weighted sum. `accuracy` counts hidden patches whose first code is right; `spread` and `unsureness`: `evenness`."""
        assert batch.taught is not None  # the recipe sees to it
        wholes = torch.stack([whole_of(fusion, features[View.IMAGE]), whole_of(fusion, features[CROPPED_IMAGE])], dim=1)
        agreement = self.entropies(self.head(wholes), batch.taught[:, :NUM_WHOLE].flip(1)).mean(dim=1)
        found, taught = self.head(self.hidden(fusion, features, batch)), batch.taught[:, NUM_WHOLE:]
        patches = self.entropies(found, taught)
        total = self.asked.agreement * agreement + self.asked.codes * patches.mean(dim=1)
        right = found.argmax(dim=-1) == taught.argmax(dim=-1)
        return Loss(
            total.mean(), torch.stack([tally(part) for part in (total, agreement, patches, right, *evenness(taught.flatten(0, 1)))])
        )

    def entropies(self, found: Tensor, taught: Tensor) -> Tensor:
        return -(taught * (found / self.asked.temperature).log_softmax(dim=-1)).sum(dim=-1)

    def hidden(self, fusion: Fusion, features: Features, batch: PairBatch) -> Tensor:
        """Return what the fusion makes of the hidden patches (B, M, H), which enter it as masks with a place."""
        kept = features[View.KEPT_IMAGE]
        image = torch.cat([kept, self.mask_token(batch.patch_order[:, batch.kept.shape[1] :]).to(kept.dtype)], dim=1)
        return read(fusion, features[View.TEXT], batch, image, self.layer, self.asked.reads_text)[:, kept.shape[1] :]


class MaskToken(nn.Module):
    """Numbers of hidden patches (B, M) -> what stands for them (B, M, H)."""

    positions: Tensor  # (1, 1 + N, H)

    def __init__(self, width: int, num_patches: int):
        super().__init__()
        self.token = nn.Parameter(torch.empty(1, 1, width).normal_(std=std(width)))
        self.register_buffer("positions", sine_cosine_positions(num_patches, width), persistent=False)

    def forward(self, places: Tensor) -> Tensor:
        return self.token + take(self.positions[:, 1:].expand(len(places), -1, -1), places)


def read(fusion: Fusion, text: Tensor, batch: PairBatch, image: Tensor, layer: int, reads_text: bool) -> Tensor:
    """Return the image's tokens as the fusion reads them after `layer` layers, beside the text or beside nothing."""
    mask = batch.text_mask.bool()
    if not reads_text:
        text, mask = torch.zeros_like(text[:, :1]), torch.ones_like(mask[:, :1])
    return fusion(text, mask, image, layer, Read.IMAGE).image


def whole_of(fusion: Fusion, image: Tensor) -> Tensor:
    """Return what stands for a whole image (B, H): its class token or, of an encoder without one, its mean patch."""
    return image[:, 0] if fusion.image_pooler.reads_first else image.mean(dim=1)


def evenness(taught: Tensor) -> tuple[Tensor, Tensor]:
    """Return how evenly all use the codes, and how unsure each is of its own (): entropies of `taught` (B, K), as shares of the largest.

    Collapsed they are where the first is 0 (all are one code) or the second 1 (none is any code).
    """
    return entropy(taught.mean(dim=0)), entropy(taught).mean()


def entropy(shares: Tensor) -> Tensor:
    return torch.special.entr(shares).sum(dim=-1) / torch.log(torch.tensor(float(shares.shape[-1])))
