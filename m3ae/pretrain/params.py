"""What the parameters say about pre-training."""

from typing import ClassVar, Literal, Self

from pydantic import model_validator

from m3ae.engine.params import OPTIMIZER, Compiled, DeepSpeedParams, Recipe
from m3ae.model.params import ScaledModelParams
from m3ae.params import SCALE, Count, Seed
from m3ae.recipes.chosen import RecipeMethod


class PretrainParams(Recipe):
    """The recipe, how its batches are cut, by which kernels it runs, and when to validate and save."""

    places: ClassVar = (OPTIMIZER, f"{SCALE}pretrain")
    sort_by_length: bool
    pad_to: Literal[1, 8, 16, 32, 64]
    steps: Count
    validate_every_steps: Count
    save_every_steps: Count
    compile: Compiled
    deterministic: bool

    @property
    def num_cut_together(self) -> int:
        """Return of how many micro-batches the pairs are sorted by length before they are cut: of a step's, or of each one's own."""
        return self.num_micro_batches if self.sort_by_length else 1

    @model_validator(mode="after")
    def gathers_no_compiled_weights(self) -> Self:
        if self.compile != "none" and self.zero_stage == 3:
            raise ValueError(f"compile {self.compile} needs zero_stage 0 to 2: ZeRO 3 gathers weights between the kernels")
        return self

    @model_validator(mode="after")
    def compiles_few_shapes(self) -> Self:
        if self.compile == "whole" and self.pad_to == 1:
            raise ValueError("compile whole needs pad_to 8 or more: at 1 a batch has as many hidden words as it happens to have")
        return self


class Params(RecipeMethod):
    """All that the stage reads."""

    seed: Seed
    pretrain_releases: tuple[str, ...]
    model: ScaledModelParams
    deepspeed: DeepSpeedParams
    pretrain: PretrainParams
