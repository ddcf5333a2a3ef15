"""Two-stage pre-training with contrastive masked autoencoders, our reading of arXiv 2408.02245: images and texts for colour and depth.

First the two encoders are trained alone, so that texts and images find each other (`Aligning`). M3AE starts from them, and it sees noisy
images, says of visible patches what the noise was, and keeps to what the encoders of the first stage, now frozen, make of either half. Both
stages together compute as much as M3AE's steps would. docs/recipes.md has what is known and what is not.
"""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from m3ae.batches.cut import Part
from m3ae.batches.images import clip_statistics
from m3ae.batches.order import generator_for
from m3ae.batches.pairs import PairBatch, PairBatches
from m3ae.model.config import ModelConfig
from m3ae.objectives.alignment import Alignment
from m3ae.objectives.base import Objective
from m3ae.objectives.build import fill
from m3ae.objectives.denoising import DenoisingMIM
from m3ae.objectives.distillation import Distillation
from m3ae.objectives.learner import Learner
from m3ae.recipes.base import PretrainingRecipe
from m3ae.recipes.params import TwoStageParams
from m3ae.recipes.teacher import Teacher

NOISE = 3  # tells these draws from those of a micro-batch's masks
ENCODERS = ("vision", "text", "text_projection", "image_projection", "modality")  # the parts of a backbone that read one half


class Aligning(PretrainingRecipe):
    """The first stage: the encoders without fusion and decoders, and none of M3AE's objectives."""

    has_m3ae = False
    params: TwoStageParams

    def __init__(self, params: TwoStageParams):
        super().__init__(params)
        self.compute = params.alignment.share

    def weights(self) -> dict[str, float]:
        return {Alignment.name: 1.0}

    def objectives(self) -> dict[str, Callable[[ModelConfig], Objective]]:
        asked = self.params.alignment
        return {Alignment.name: lambda _config: Alignment(asked.whole, asked.local, asked.temperature)}

    def begin(self, learner: Learner, before: Mapping[str, Tensor], dtype: torch.dtype) -> None:
        learner.backbone.fusion = nn.Identity()  # type: ignore[assignment]  # nobody reads it, and nothing of it is trained or kept


class TwoStage(PretrainingRecipe):
    """The second stage."""

    params: TwoStageParams
    teacher: Teacher | None = None

    def __init__(self, params: TwoStageParams):
        super().__init__(params)
        self.compute = 1 - params.alignment.share

    @property
    def is_noisy(self) -> bool:
        return self.params.denoising.weight > 0

    def weights(self) -> dict[str, float]:
        return {"distillation": self.params.distillation} if self.params.distillation > 0 else {}

    def objectives(self) -> dict[str, Callable[[ModelConfig], Objective]]:
        noisy: dict[str, Callable[[ModelConfig], Objective]] = {
            "mim": lambda config: DenoisingMIM.weighing(self.params.denoising.weight, config)
        }
        return (noisy if self.is_noisy else {}) | {name: lambda _config: Distillation() for name in self.weights()}

    def first(self) -> Aligning | None:
        return Aligning(self.params) if self.params.aligns_first else None

    def begin(self, learner: Learner, before: Mapping[str, Tensor], dtype: torch.dtype) -> None:
        """Start from the first stage's encoders, and freeze a copy of them where it is distilled from."""
        if not self.params.aligns_first:
            return
        for part in ENCODERS:
            fill(learner, before, f"backbone.{part}.")
        if self.params.distillation > 0:
            self.teacher = Teacher(learner.backbone, dtype)

    def beside(self, batches: PairBatches, part: Part, plain: PairBatch, number: int) -> tuple[PairBatch, ...]:
        return (self.noisy(plain, batches.view.image_px, generator_for(batches.view.seed, number, NOISE)),) if self.is_noisy else ()

    def noisy(self, plain: PairBatch, image_px: int, generator: torch.Generator) -> PairBatch:
        """Return the pairs with noise of a level that is drawn for each, in pixels by CLIP's deviation, as they are read."""
        num_pairs = len(plain.images)
        levels = torch.rand(num_pairs, generator=generator)
        deviations = levels[:, None, None, None] * self.params.denoising.strongest / clip_statistics(levels.device)[1]
        noise = deviations * torch.randn(num_pairs, 3, image_px, image_px, generator=generator)
        return plain._replace(noise=noise, noise_level=levels)

    def seen(self, batch: PairBatch) -> PairBatch:
        return batch if self.teacher is None else batch._replace(taught=self.teacher(batch))
