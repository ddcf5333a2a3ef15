"""What params.yaml says about training: one recipe for pre-training, one a task for fine-tuning."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from m3ae.params import ScaleBlock

Count = Annotated[int, Field(ge=1)]
Factor = Annotated[float, Field(gt=0)]
DecayedNorms = Literal["none", "authors"]  # whether the LayerNorms decay that the authors' list of names misses


class Recipe(ScaleBlock):
    """The optimiser's settings and how a batch is cut into pieces; METHOD's optimisation table."""

    batch: Count
    micro_batch: Count
    learning_rate: Annotated[float, Field(gt=0, lt=1)]
    head_factor: Factor
    fusion_factor: Factor
    weight_decay: Annotated[float, Field(ge=0, lt=1)]
    decayed_norms: DecayedNorms
    clip_norm: Annotated[float, Field(ge=0)]
    warmup_share: Annotated[float, Field(ge=0, lt=1)]
    zero_stage: Annotated[int, Field(ge=0, le=3)]
    precision: Literal["fp32", "bf16", "fp16"]

    @model_validator(mode="after")
    def batch_divides(self) -> Self:
        if self.batch % self.micro_batch:
            raise ValueError(f"batch {self.batch} is not a multiple of micro_batch {self.micro_batch}")
        return self


class DeepSpeedParams(ScaleBlock):
    """What memory is bought with: time, or traffic. Of pre-training and fine-tuning; none of it but `communication` changes a number."""

    offload_optimizer: Literal["none", "cpu"]
    offload_parameters: Literal["none", "cpu"]
    recompute: Literal["none", "blocks"]
    loss_scale: Annotated[float, Field(ge=0)]
    communication: Literal["own", "fp32", "bf16", "fp16"]

    def refusal(self, zero_stage: int) -> str | None:
        """Why these do not go with a ZeRO stage."""
        if self.offload_optimizer != "none" and zero_stage == 0:
            return "deepspeed.offload_optimizer needs zero_stage 1 to 3"
        if self.offload_parameters != "none" and zero_stage < 3:
            return "deepspeed.offload_parameters needs zero_stage 3"
        return None


class PretrainParams(Recipe):
    pad_to: Literal[1, 8, 16, 32, 64]
    steps: Count
    validate_every_steps: Count
    save_every_steps: Count


class FinetuneParams(Recipe):
    """`smallest_crop` 1 = no augmentation, whatever the `crop`; `num_others` and `choose_by` are read by retrieval alone."""

    per_task: ClassVar[bool] = True
    epochs: Count
    image_px: Annotated[int, Field(ge=16)]
    text_tokens: Annotated[int, Field(ge=8)]
    smallest_crop: Annotated[float, Field(gt=0, le=1)]
    crop: Literal["square", "stretched"]
    num_others: Annotated[int, Field(ge=0)]
    choose_by: Literal["choices", "recall"]
