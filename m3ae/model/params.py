"""What a scale says about the model."""

from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from m3ae.params import SCALE, Count, Section

Width = Annotated[int, Field(ge=8)]

SCRATCH = "scratch"  # an encoder without a published name
SCRATCH_POSITIONS = 512  # tokens that a text encoder from scratch reads at most, as RoBERTa


class ModelParams(Section):
    """Sizes of the encoders, the fusion and the decoders of one scale."""

    places: ClassVar = (f"{SCALE}model",)
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

    @property
    def num_patches(self) -> int:
        """Return how many patches an image has, N."""
        return (self.image_px // self.patch_px) ** 2

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
