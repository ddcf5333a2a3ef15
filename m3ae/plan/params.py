"""What `m3ae plan` reads of the parameters."""

from pathlib import Path

from m3ae.batches.params import TokenizerParams
from m3ae.engine.params import DeepSpeedParams
from m3ae.finetune.params import recipe_of
from m3ae.method import Method
from m3ae.model.params import SCRATCH, ScaledModelParams
from m3ae.params import Sources
from m3ae.pretrain.params import PretrainParams


class PlanParams(Method):
    model: ScaledModelParams
    tokenizer: TokenizerParams
    deepspeed: DeepSpeedParams
    pretrain: PretrainParams

    @classmethod
    def at(cls, path: Path, scale: str | None) -> tuple[str, "PlanParams", int]:
        """Return the scale (None: that of the file), its values, and the lowest ZeRO stage of a fine-tuning recipe.

        Raises `ParamsError` where there is no such scale, or a wrong value.
        """
        sources = Sources.load(path, scale)
        zero_stage = min(recipe_of(task).read(sources, task).zero_stage for task in sources.value(path, "tasks"))
        return sources.scale_path.stem, cls.read(path, scale=scale), zero_stage

    def model_without_hub(self) -> ScaledModelParams:
        """Return the model with a text encoder from scratch: a published one's configuration lies on a hub, timm's are part of timm."""
        return self.model.model_copy(update={"text_encoder": SCRATCH})
