"""What `m3ae plan` reads of params.yaml."""

from pathlib import Path

from m3ae.model.params import SCRATCH, Decoder, Layer, ModelParams, Negatives, ObjectiveWeights, Ratio, Views
from m3ae.params import ParamsError, StageParams, load, lookup, validated
from m3ae.tokenizer_params import TokenizerParams
from m3ae.training.params import DeepSpeedParams, PretrainParams


class PlanParams(StageParams):
    mask_ratio: Ratio
    text_mask_ratio: Ratio
    mim_layer: Layer
    mlm_layer: Layer
    mim_decoder: Decoder
    mlm_decoder: Decoder
    objectives: ObjectiveWeights
    views: Views
    negatives: Negatives
    model: ModelParams
    tokenizer: TokenizerParams
    deepspeed: DeepSpeedParams
    pretrain: PretrainParams

    @classmethod
    def at(cls, path: Path, scale: str | None) -> tuple[str, "PlanParams", dict[str, int]]:
        """The scale (None: that of the file), its values, and each fine-tuning recipe's ZeRO stage.

        Raises `ParamsError` where the file has no such scale, or a wrong value.
        """
        content = load(path)
        scale = scale or content["scale"]
        if scale not in content["scales"]:
            raise ParamsError(f"{path}: there is no scale {scale!r}; there are {', '.join(content['scales'])}")
        values = {name: lookup(content, key, path) for name, key in cls.keys(scale).items()}
        tasks = {task: recipe["zero_stage"] for task, recipe in content["scales"][scale]["finetune"].items()}
        return scale, validated(cls, values, path), tasks

    def model_without_hub(self) -> ModelParams:
        """A text encoder's configuration lies on a hub, timm's are part of timm."""
        return self.model.model_copy(update={"text_encoder": SCRATCH})
