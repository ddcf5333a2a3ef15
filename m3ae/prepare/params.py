"""What params.yaml says about preparing a release."""

from typing import Annotated, Literal

from pydantic import Field

from m3ae.params import ScaleBlock

Encoding = Literal["raw", "png", "jpeg"]
PILLOW_LIMIT = 89_478_485  # pixels above which Pillow itself refuses to decode without a warning


class PrepareParams(ScaleBlock):
    """The shared steps' settings; the same for all releases."""

    image_px: Annotated[int, Field(ge=16, le=2048)]
    encoding: Encoding
    rows_per_shard: Annotated[int, Field(ge=1)]
    max_pixels: Annotated[int, Field(ge=1, le=PILLOW_LIMIT)]
    min_words: Annotated[int, Field(ge=1)]
    validation_share: Annotated[float, Field(gt=0, lt=1)]
