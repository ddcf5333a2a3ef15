"""What params.yaml says of each recipe; only the chosen one's block is read."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from m3ae.method import Weight
from m3ae.params import RECIPE, Block, Count, Section

Share = Annotated[float, Field(ge=0, le=1)]
Temperature = Annotated[float, Field(gt=0)]
Half = Literal["image", "text"]


class RecipeParams(Section):
    """What a recipe reads beside the method's own parameters: of M3AE nothing."""

    places: ClassVar = (f"recipes.{RECIPE}",)

    @property
    def aligns_first(self) -> bool:
        """Return whether a stage of training comes before, which aligns the encoders."""
        return False

    def refusal(self, weights: dict[str, float]) -> str | None:
        """Return why the recipe does not go with the weights of M3AE's objectives; None where it does."""
        return None


class Spoilt(Block):
    image: Share
    text: Share
    both: Share

    @model_validator(mode="after")
    def are_shares(self) -> Self:
        if self.image + self.text + self.both > 1:
            raise ValueError("image, text and both are more than 1 together")
        return self


class Halves(Block):
    image: Share
    text: Share

    def of(self, half: Half) -> float:
        return self.image if half == "image" else self.text


class RobustMMRParams(RecipeParams):
    """Our reading of Robust-MMR; params.yaml says what each parameter means."""

    spoilt: Spoilt
    most_severe: Annotated[int, Field(ge=1, le=5)]
    less_hidden: Halves
    more_hidden: Halves
    consistency: Weight
    resilience: Weight
    form: Literal["infonce", "cosine"]
    temperature: Temperature

    @property
    def is_on(self) -> bool:
        """Return whether anything differs from plain M3AE."""
        return any((self.spoilt.image, self.spoilt.text, self.spoilt.both, self.consistency, self.resilience))


class Alignment(Block):
    """The first of two stages."""

    share: Annotated[float, Field(ge=0, lt=1)]
    whole: Weight
    local: Weight
    temperature: Temperature

    @model_validator(mode="after")
    def contrasts_something(self) -> Self:
        if self.share > 0 and not (self.whole or self.local):
            raise ValueError("whole and local are both 0, and nothing would be trained; share 0 turns the stage off")
        return self


class Denoising(Block):
    weight: Weight
    strongest: Annotated[float, Field(gt=0, le=1)]


class TwoStageParams(RecipeParams):
    """Our reading of two-stage pre-training; params.yaml says what each parameter means."""

    alignment: Alignment
    denoising: Denoising
    distillation: Weight

    @property
    def aligns_first(self) -> bool:
        return self.alignment.share > 0

    @model_validator(mode="after")
    def has_a_teacher(self) -> Self:
        if self.distillation > 0 and not self.aligns_first:
            raise ValueError("distillation needs alignment.share above 0: it is from what alignment has trained")
        return self

    def refusal(self, weights: dict[str, float]) -> str | None:
        if self.denoising.weight > 0 and not weights.get("mim"):
            return "recipes.two_stage.denoising.weight needs objectives.mim above 0: noise is read from the same pass; 0 turns it off"
        return None


class SemMIMParams(RecipeParams):
    """Our reading of SemMIM; params.yaml says what each parameter means."""

    agreement: Weight
    codes: Weight
    num_codes: Annotated[int, Field(ge=2, le=65536)]
    head_width: Count
    bottleneck: Count
    temperature: Temperature
    teacher_temperature: Temperature
    patch_temperature: Temperature
    warmup_share: Share
    centre_momentum: Share
    momentum: Share
    smallest_crop: Annotated[float, Field(gt=0, le=1)]
    text_in_target: bool
    text_in_student: bool
    collapsed_steps: Count
