"""What the parameters say about pre-training."""

from typing import ClassVar, Literal

from m3ae.engine.params import OPTIMIZER, DeepSpeedParams, Recipe
from m3ae.method import Method
from m3ae.model.params import ScaledModelParams
from m3ae.params import SCALE, Count, Seed


class PretrainParams(Recipe):
    """The recipe, and when to validate and save."""

    places: ClassVar = (OPTIMIZER, f"{SCALE}pretrain")
    pad_to: Literal[1, 8, 16, 32, 64]
    steps: Count
    validate_every_steps: Count
    save_every_steps: Count


class Params(Method):
    """All that the stage reads."""

    seed: Seed
    pretrain_releases: tuple[str, ...]
    model: ScaledModelParams
    deepspeed: DeepSpeedParams
    pretrain: PretrainParams
