"""What a scale says about the tokenizer."""

from typing import Annotated, ClassVar

from pydantic import Field

from m3ae.params import SCALE, Section

TRAINED = "train"


class TokenizerParams(Section):
    """`source` is `train`, or the name or folder of a published tokenizer; `vocabulary` is read by `train` alone."""

    places: ClassVar = (f"{SCALE}tokenizer",)
    source: Annotated[str, Field(min_length=1)]
    vocabulary: Annotated[int, Field(ge=300)]
