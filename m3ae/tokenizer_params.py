"""What params.yaml says about the tokenizer."""

from typing import Annotated

from pydantic import Field

from m3ae.params import ScaleBlock

TRAINED = "train"


class TokenizerParams(ScaleBlock):
    """`source` is `train`, or the name or folder of a published tokenizer; `vocabulary` is read by `train` alone."""

    source: Annotated[str, Field(min_length=1)]
    vocabulary: Annotated[int, Field(ge=300)]
