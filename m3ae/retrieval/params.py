"""What params.yaml says about retrieval."""

from typing import Annotated

from pydantic import Field

from m3ae.params import ScaleBlock


class RetrieveParams(ScaleBlock):
    """`num_pairs` are held out of validation and of test, each; `text_tokens` is the zero-shot run's text length."""

    num_pairs: Annotated[int, Field(ge=2)]
    text_tokens: Annotated[int, Field(ge=8)]
