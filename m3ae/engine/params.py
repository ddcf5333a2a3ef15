"""What the parameters say about training, whatever is trained."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from m3ae.params import Count, Section

Factor = Annotated[float, Field(gt=0)]
DecayedNorms = Literal["none", "authors"]  # whether the LayerNorms that the authors' list of names misses are decayed
Compiled = Literal["none", "blocks", "whole"]
OPTIMIZER = "optimizer"  # the place of what all recipes share


class Recipe(Section):
    """The optimiser's settings and how a batch is cut into micro-batches; the authors' table of optimisation settings."""

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

    @property
    def num_micro_batches(self) -> int:
        """Return how many micro-batches a step has, over all processes."""
        return self.batch // self.micro_batch


class DeepSpeedParams(Section):
    """What saves memory at the price of time or traffic, and how a CPU is shared, in pre-training and fine-tuning.

    Only `communication` and `cpu_processes` change a number.
    """

    places: ClassVar = ("deepspeed",)
    offload_optimizer: Literal["none", "cpu"]
    offload_parameters: Literal["none", "cpu"]
    recompute: Literal["none", "blocks"]
    loss_scale: Annotated[float, Field(ge=0)]
    communication: Literal["own", "fp32", "bf16", "fp16"]
    cpu_processes: Annotated[int, Field(ge=1, le=64)]

    def refusal(self, zero_stage: int) -> str | None:
        """Return why these settings do not go with a ZeRO stage; None where they do."""
        if self.offload_optimizer != "none" and zero_stage == 0:
            return "deepspeed.offload_optimizer needs zero_stage 1 to 3"
        if self.offload_parameters != "none" and zero_stage < 3:
            return "deepspeed.offload_parameters needs zero_stage 3"
        return None
