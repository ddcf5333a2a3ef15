"""What params.yaml says of each recipe; only the chosen one's block is read."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from m3ae.method import Weight
from m3ae.params import RECIPE, Block, Count, Section

Share = Annotated[float, Field(ge=0, le=1)]
Half = Literal["image", "text"]


class RecipeParams(Section):
    """What a recipe reads beside the method's own parameters: of M3AE nothing."""

    places: ClassVar = (f"recipes.{RECIPE}",)


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
    temperature: Annotated[float, Field(gt=0)]

    @property
    def is_on(self) -> bool:
        """Return whether anything differs from plain M3AE."""
        return any((self.spoilt.image, self.spoilt.text, self.spoilt.both, self.consistency, self.resilience))


class GuidedMasks(Block):
    share: Share
    hints: Share
    warm_up: Share


class Entities(Block):
    masked: Share
    lexicon: Annotated[str, Field(min_length=1)]
    most_terms: Count


class XLIPParams(RecipeParams):
    """Our reading of XLIP; params.yaml says what each parameter means."""

    global_contrast: Weight
    token_contrast: Weight
    width: Count
    temperature: Annotated[float, Field(gt=0)]
    guided_masks: GuidedMasks
    entities: Entities

    @model_validator(mode="after")
    def guides_by_what_is_learned(self) -> Self:
        if self.guided_masks.share > 0 and self.token_contrast == 0:
            raise ValueError("guided_masks.share needs a token_contrast above 0: what is not trained guides nothing; or set both to 0")
        return self

    @property
    def reads_entities(self) -> bool:
        """Return whether somebody reads where the entities are."""
        return any((self.guided_masks.share, self.entities.masked, self.token_contrast))
