"""The parameters of preparing releases, and of the retrieval task's pairs."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from m3ae.params import SCALE, Section

DicomWindow = Literal["voi", "full"]
Encoding = Literal["raw", "zstd", "png", "jpeg"]
PILLOW_LIMIT = 89_478_485  # pixels above which Pillow itself refuses to decode without a warning


class PrepareParams(Section):
    """The shared steps' settings; the same for all releases."""

    places: ClassVar = ("prepare", f"{SCALE}prepare")
    image_px: Annotated[int, Field(ge=16, le=2048)]
    encoding: Encoding
    rows_per_shard: Annotated[int, Field(ge=1)]
    max_pixels: Annotated[int, Field(ge=1, le=PILLOW_LIMIT)]
    dicom_window: DicomWindow
    min_words: Annotated[int, Field(ge=1)]
    validation_share: Annotated[float, Field(gt=0, lt=1)]


class RetrieveParams(Section):
    """The retrieval task's settings.

    `num_pairs` are set aside of validation and of test, each; `text_tokens` is the zero-shot run's text length. `rerank`: of how many
    partners, the most similar before the fusion, the tested rankings ask the fusion; 0 = of all.
    """

    places: ClassVar = (f"{SCALE}retrieve",)
    num_pairs: Annotated[int, Field(ge=2)]
    text_tokens: Annotated[int, Field(ge=8)]
    rerank: Annotated[int, Field(ge=0)]
