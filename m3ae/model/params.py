"""What params.yaml says about the model."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from m3ae.params import Block, ScaleBlock

Ratio = Annotated[float, Field(gt=0, lt=1)]
Layer = Annotated[int, Field(ge=-1)]
Decoder = Literal["transformer", "mlp"]
Views = Literal["shared", "separate"]  # encoded once for all objectives, or once for each, as the authors do
Negatives = Literal["batch", "split"]  # whose image a mismatched pair is shown: another's of the batch, or anyone's, as the authors do
Words = Literal["whole", "pieces"]  # what is hidden together: a word, or a WordPiece's ## pieces alone, as the authors do
Seed = Annotated[int, Field(ge=0, lt=2**32)]
Width = Annotated[int, Field(ge=8)]
Count = Annotated[int, Field(ge=1)]

SCRATCH = "scratch"  # an encoder without a published name


class ObjectiveWeights(Block):
    """Weight of each pre-training objective in the summed loss; 0 turns it off."""

    mlm: Annotated[float, Field(ge=0)]
    mim: Annotated[float, Field(ge=0)]
    itm: Annotated[float, Field(ge=0)]

    @model_validator(mode="after")
    def at_least_one(self) -> Self:
        if not any(self.model_dump().values()):
            raise ValueError("every objective is off; give mlm, mim or itm a weight above 0")
        return self


class ModelParams(ScaleBlock):
    """Sizes of the encoders, the fusion and the decoders of one scale."""

    image_px: Annotated[int, Field(ge=16)]
    patch_px: Annotated[int, Field(ge=4)]
    vision_encoder: str
    vision_width: Width
    vision_depth: Count
    vision_heads: Count
    text_encoder: str
    text_tokens: Annotated[int, Field(ge=8)]
    text_width: Width
    text_depth: Count
    text_heads: Count
    fusion_width: Width
    fusion_depth: Annotated[int, Field(ge=4)]
    fusion_heads: Count
    dropout: Annotated[float, Field(ge=0, lt=1)]
    decoder_width: Width
    decoder_depth: Count
    decoder_heads: Count

    @model_validator(mode="after")
    def sizes_divide(self) -> Self:
        if self.image_px % self.patch_px:
            raise ValueError(f"image_px {self.image_px} is not a multiple of patch_px {self.patch_px}")
        for part in ("vision", "text", "fusion", "decoder"):
            width, heads = getattr(self, f"{part}_width"), getattr(self, f"{part}_heads")
            if width % heads:
                raise ValueError(f"{part}_width {width} is not a multiple of {part}_heads {heads}")
        if self.decoder_width % 4:
            raise ValueError(f"decoder_width {self.decoder_width} is not a multiple of 4 (sine and cosine of row and column)")
        return self


class Method(Block):
    """The choices that the paper ablates, and that a saved model has to remember."""

    mim_layer: Layer
    mlm_layer: Layer
    mim_decoder: Decoder
    mlm_decoder: Decoder
