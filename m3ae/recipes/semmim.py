"""SemMIM, our reading of arXiv 2403.00249, of which we know the abstract: what is hidden is told by its meaning, not its pixels.

A momentum copy of the model sees whole images and texts, and puts each patch, beside its text, into one of `num_codes` classes; the model
has to name those of hidden patches. The classes are learned by agreement: two showings of an image belong to one. docs/recipes.md has what
is known and what is not.
"""

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor

from m3ae.batches.cut import Part
from m3ae.batches.images import centre, stacked
from m3ae.batches.order import seed_for
from m3ae.batches.pairs import PairBatch, PairBatches
from m3ae.model.config import ModelConfig
from m3ae.model.vision import take
from m3ae.objectives.base import Objective
from m3ae.objectives.codes import CROPPED, Asked, Codes, Head, evenness, read, whole_of
from m3ae.objectives.learner import Learner
from m3ae.recipes.base import PretrainingRecipe
from m3ae.recipes.momentum import Momentum, Whole
from m3ae.recipes.params import SemMIMParams

CROPPING = 4  # tells these draws from those of a micro-batch's masks
COLLAPSED_BELOW, COLLAPSED_ABOVE = 0.02, 0.999  # spread of all, and unsureness of each, as shares of the largest entropy


class Collapsed(SystemExit):
    """The codes tell nothing apart any more; the message says how they were and the remedy."""


class Seen(NamedTuple):
    """What the copy has seen since the last step."""

    logits: Tensor  # (2, K): sums, of whole images and of patches
    shares: Tensor  # (K,): sums of the patches' codes
    counts: Tensor  # (3,): of whole images, of patches, and the sum of how unsure each patch's code was


class SemMIM(PretrainingRecipe):
    params: SemMIMParams
    copy: Momentum | None = None

    def __init__(self, params: SemMIMParams):
        super().__init__(params)
        self.centres = torch.zeros(2, params.num_codes)
        self.num_collapsed = 0  # steps, one after the other
        self.done = 0.0
        self.since: list[Seen] = []

    @property
    def is_on(self) -> bool:
        return bool(self.params.agreement or self.params.codes)

    def weights(self) -> dict[str, float]:
        return {Codes.name: 1.0} if self.is_on else {}

    def objectives(self) -> dict[str, Callable[[ModelConfig], Objective]]:
        return {Codes.name: self.new_codes} if self.is_on else {}

    def new_codes(self, config: ModelConfig) -> Codes:
        asked, model = self.params, config.model
        assert config.method is not None  # there is one where M3AE's objectives are
        head = Head(model.fusion_width, asked.head_width, asked.bottleneck, asked.num_codes)
        told = Asked(asked.agreement, asked.codes, asked.temperature, asked.text_in_student)
        return Codes(head, told, config.method.mim_layer, model)

    def begin(self, learner: Learner, before: Mapping[str, Tensor], dtype: torch.dtype) -> None:
        if self.is_on:
            self.learner, codes = learner, learner.objectives[Codes.name]
            self.layer = codes.layer
            self.copy = Momentum({"backbone": learner.backbone, "head": codes.head})
            learner.eval()  # what it is shown before the engine trains it counts for no centre

    def beside(self, batches: PairBatches, part: Part, plain: PairBatch, number: int) -> tuple[PairBatch, ...]:
        """Return the pairs with a crop of each image, never mirrored: a text may say on which side something is."""
        if not self.is_on:
            return ()
        draw = np.random.default_rng(seed_for(batches.view.seed, number, CROPPING))
        samples = [batches.samples[place] for place in part.samples]
        crops = [self.crop(centre(shards.pixels(row)), draw) for shards, row, _ in samples]
        return (plain._replace(images=stacked(crops)),)

    def crop(self, square: np.ndarray, draw: np.random.Generator) -> np.ndarray:
        """Return a square of at least `smallest_crop` of the area, at the side that it was cut from (nearest pixels)."""
        whole = len(square)
        side = max(1, round(whole * math.sqrt(draw.uniform(self.params.smallest_crop, 1))))
        top, left = draw.integers(whole - side + 1, size=2)
        places = (np.arange(whole) * side) // whole
        return square[top : top + side, left : left + side][places][:, places]

    @torch.no_grad()
    def seen(self, batch: PairBatch) -> PairBatch:
        """Return the batch with the copy's codes (B, 2 + M, K): of the image as shown and cropped, and of its hidden patches."""
        if self.copy is None:
            return batch
        wholes, patches = self.logits(batch)
        taught = [self.codes(wholes, 0, self.params.teacher_temperature), self.codes(patches, 1, self.patch_temperature())]
        if self.learner.training:
            self.since.append(noted(wholes, patches, taught[1]))
        return batch._replace(taught=torch.cat(taught, dim=1))

    def logits(self, batch: PairBatch) -> tuple[Tensor, Tensor]:
        """Return the copy's similarities with the codes: of both showings as a whole (B, 2, K), and of hidden patches (B, M, K)."""
        assert self.copy is not None and batch.beside is not None
        copies = self.copy.copies.to(batch.images.device)
        backbone, head = copies["backbone"], copies["head"]
        text, image = backbone.encode_text(batch.text_ids, batch.text_mask), backbone.encode_image(batch.images)
        cropped = backbone.encode_image(batch.beside[CROPPED].images)
        wholes = torch.stack([whole_of(backbone.fusion, image), whole_of(backbone.fusion, cropped)], dim=1)
        patches = read(backbone.fusion, text, batch, image, self.layer, self.params.text_in_target)[:, -batch.patch_order.shape[1] :]
        return head(wholes), head(take(patches, batch.patch_order[:, batch.kept.shape[1] :]))

    def codes(self, logits: Tensor, kind: int, temperature: float) -> Tensor:
        return ((logits - self.centres[kind].to(logits.device)) / temperature).softmax(dim=-1)

    def patch_temperature(self) -> float:
        """Return the patches' temperature, which rises to its last value over the first steps."""
        first, last = self.params.teacher_temperature, self.params.patch_temperature
        return first + (last - first) * min(1.0, self.done / self.params.warmup_share if self.params.warmup_share else 1.0)

    def after_step(self, done: float, whole: Whole) -> None:
        """Let the copy and the centres follow; `done` is the share of the steps that are done. Raises `Collapsed`."""
        if self.copy is None:
            return
        self.done = done
        self.copy.follow(momentum_at(self.params.momentum, done), whole)
        seen = Seen(*(summed([getattr(part, name) for part in self.since]) for name in Seen._fields))
        self.since = []
        wholes, patches, unsure = seen.counts
        means = (seen.logits / torch.stack([wholes, patches])[:, None]).to(self.centres)
        self.centres = self.params.centre_momentum * self.centres + (1 - self.params.centre_momentum) * means
        self.require_codes(seen.shares / patches, float(unsure / patches))

    def require_codes(self, shares: Tensor, unsure: float) -> None:
        """Raise `Collapsed` where for `collapsed_steps` steps all patches were one code, or none was any; `shares` (K,) of all patches."""
        spread = float(evenness(shares[None])[0])
        is_collapsed = spread < COLLAPSED_BELOW or unsure > COLLAPSED_ABOVE
        self.num_collapsed = self.num_collapsed + 1 if is_collapsed else 0
        if self.num_collapsed >= self.params.collapsed_steps:
            found = f"the codes have collapsed for {self.num_collapsed} steps (spread {spread:.3f}, unsureness {unsure:.3f} of 1)"
            remedy = "raise recipes.semmim.momentum, lower teacher_temperature or the learning rate, or train with a larger batch"
            raise Collapsed(f"{found}; {remedy}")

    def state(self) -> dict[str, Tensor]:
        if self.copy is None:
            return {}
        counted = torch.tensor([self.num_collapsed, self.done], dtype=torch.float64)
        return {**self.copy.state(), "centres": self.centres.contiguous(), "counted": counted}

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        if self.copy is not None:
            self.copy.load_state(state)
            self.centres = state["centres"].clone()
            self.num_collapsed, self.done = int(state["counted"][0]), float(state["counted"][1])


def noted(wholes: Tensor, patches: Tensor, codes: Tensor) -> Seen:
    logits = torch.stack([wholes.flatten(0, 1).double().sum(dim=0), patches.flatten(0, 1).double().sum(dim=0)])
    unsure = evenness(codes.flatten(0, 1).double())[1] * codes[..., 0].numel()
    counts = torch.stack([unsure.new_tensor(wholes[..., 0].numel()), unsure.new_tensor(patches[..., 0].numel()), unsure])
    return Seen(logits, codes.flatten(0, 1).double().sum(dim=0), counts)


def summed(parts: list[Tensor]) -> Tensor:
    """Return the sum over all micro-batches of a step, of every process."""
    total = torch.stack(parts).sum(dim=0)
    if dist.is_initialized() and dist.get_world_size() > 1:
        dist.all_reduce(total)
    return total.cpu()


def momentum_at(first: float, done: float) -> float:
    """Return the momentum, which rises from `first` to 1 along a cosine, as BYOL's does (arXiv 2006.07733)."""
    return 1 - (1 - first) * (math.cos(math.pi * done) + 1) / 2
