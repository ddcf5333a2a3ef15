"""The parameters of the method, declared once: every stage that reads them inherits them. Paper, section 2."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from m3ae.params import Block, StageParams

Ratio = Annotated[float, Field(gt=0, lt=1)]
Layer = Annotated[int, Field(ge=-1)]
Weight = Annotated[float, Field(ge=0)]
Decoder = Literal["transformer", "mlp"]
Views = Literal["shared", "separate"]
Negatives = Literal["batch", "split"]
MaskedWords = Literal["whole", "wordpieces"]


def some_are_on(weights: dict[str, float]) -> dict[str, float]:
    if not any(weights.values()):
        raise ValueError(f"every objective is off; give {' or '.join(weights)} a weight above 0")
    return weights


class Reconstruction(Block):
    """From which fusion layer, and by which decoder, each half of a pair is reconstructed; a saved model has to remember it."""

    mim_layer: Layer
    mlm_layer: Layer
    mim_decoder: Decoder
    mlm_decoder: Decoder


class Method(Reconstruction, StageParams):
    """What pre-training does with a pair; params.yaml says what each parameter means."""

    model_config = StageParams.model_config  # which holds what `Block`'s does
    mask_ratio: Ratio
    text_mask_ratio: Ratio
    objectives: Annotated[dict[str, Weight], AfterValidator(some_are_on)]
    views: Views
    negatives: Negatives
    masked_words: MaskedWords

    def reconstruction(self) -> Reconstruction:
        return Reconstruction(**{name: getattr(self, name) for name in Reconstruction.model_fields})
