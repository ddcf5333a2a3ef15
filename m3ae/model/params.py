"""The sizes of a model: those that any model can have, and those that a scale may ask for."""

from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from m3ae.params import SCALE, Block, Section

# Far above what any published model has: what lies beyond was not meant, and would ask for all memory before anything else could tell.
MOST_BLOCKS, WIDEST, LARGEST = 512, 2**16, 2**24
Width = Annotated[int, Field(ge=1, le=WIDEST)]
Depth = Annotated[int, Field(ge=1, le=MOST_BLOCKS)]
Wide = Annotated[int, Field(ge=8, le=WIDEST)]

SCRATCH = "scratch"  # an encoder without a published name


class ModelParams(Block):
    """Sizes of the encoders, the fusion and the decoders."""

    image_px: Width
    patch_px: Width
    vision_encoder: str
    vision_width: Width
    vision_depth: Depth
    vision_heads: Width
    text_encoder: str
    text_tokens: Width
    text_width: Width
    text_depth: Depth
    text_heads: Width
    fusion_width: Width
    fusion_depth: Depth
    fusion_heads: Width
    dropout: Annotated[float, Field(ge=0, lt=1)]
    decoder_width: Width
    decoder_depth: Depth
    decoder_heads: Width

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


class ScaledModelParams(ModelParams, Section):
    """The model of one scale: no smaller than what is worth training. An imported model may be."""

    places: ClassVar = (f"{SCALE}model",)
    image_px: Annotated[int, Field(ge=16, le=WIDEST)]
    patch_px: Annotated[int, Field(ge=4, le=WIDEST)]
    vision_width: Wide
    text_tokens: Wide
    text_width: Wide
    fusion_width: Wide
    fusion_depth: Annotated[int, Field(ge=4, le=MOST_BLOCKS)]
    decoder_width: Wide
