"""What every recipe may change of pre-training, and plain M3AE, which changes nothing.

The loop, the engine and the learner do not know which recipe runs: it adds objectives, shows pairs in further ways beside M3AE's own, and
says which objectives are trained on those. It may have a stage of training before, whose weights it starts from.
"""

from collections.abc import Callable, Mapping
from pkgutil import resolve_name
from typing import Any

import torch
from torch import Tensor

from m3ae.batches.cut import Part
from m3ae.batches.pairs import PairBatch, PairBatches
from m3ae.model.config import ModelConfig
from m3ae.objectives.base import Objective
from m3ae.objectives.build import Added
from m3ae.objectives.learner import AS_SHOWN, Learner
from m3ae.recipes.momentum import Whole
from m3ae.recipes.params import RecipeParams
from m3ae.recipes.registry import RECIPES


class PretrainingRecipe:
    """Plain M3AE. Another recipe says in what it differs; with its weights and shares at 0 it differs in nothing."""

    reads: Mapping[str, int] = AS_SHOWN  # which of the showings beside a batch M3AE's objectives are trained on

    has_m3ae = True  # whether M3AE's objectives are trained
    compute: float | None = None  # share of what M3AE's steps would compute; None: as many steps as M3AE's, whatever they take

    def __init__(self, params: Any):
        self.params = params

    def weights(self) -> dict[str, float]:
        """Return the weight in the loss of each objective that is added, and on."""
        return {}

    def objectives(self) -> dict[str, Callable[[ModelConfig], Objective]]:
        """Return how each of these objectives is made."""
        return {}

    def beside(self, batches: PairBatches, part: Part, plain: PairBatch, number: int) -> tuple[PairBatch, ...]:
        """Return further showings of a micro-batch, a function of its number alone: no draw of M3AE's own is touched."""
        return ()

    def seen(self, batch: PairBatch) -> PairBatch:
        """Return a batch that is on the device with what the recipe adds to it there."""
        return batch

    def first(self) -> "PretrainingRecipe | None":
        """Return the recipe of the stage that comes before, None where there is none."""
        return None

    def begin(self, learner: Learner, before: Mapping[str, Tensor], dtype: torch.dtype) -> None:
        """Make a newly drawn learner ready to be trained in `dtype`; `before`: the weights that the stage before has left, if any."""

    def after_step(self, done: float, whole: Whole) -> None:
        """Do what is due after an optimiser step, in every process; `done`: share of the steps. `whole` has weights whole for reading."""

    def state(self) -> dict[str, Tensor]:
        """Return what a resumed run has to know, alike in all processes."""
        return {}

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        """Take up what `state` has returned; called where the checkpoint has it."""

    def added(self) -> Added:
        return Added(self.objectives(), self.reads)


def recipe_of(name: str, params: RecipeParams) -> PretrainingRecipe:
    """Return the recipe that params.yaml names, with its own parameters."""
    recipe: PretrainingRecipe = resolve_name(RECIPES[name].recipe)(params)
    return recipe
