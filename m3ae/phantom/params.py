"""The parameters of the synthetic releases: image size and number of images of each split."""

from typing import Annotated, ClassVar

from pydantic import Field

from m3ae.params import SCALE, Block, Section

NumImages = Annotated[int, Field(ge=1, le=100_000)]


class ThreeSplits(Block):
    """Images in each split of a release that has three."""

    train: NumImages
    validation: NumImages
    test: NumImages


class TwoSplits(Block):
    """Images in each split of a release that was published without a validation split."""

    train: NumImages
    test: NumImages


class PhantomParams(Section):
    """Sizes of the six synthetic releases."""

    places: ClassVar = ("phantom", f"{SCALE}phantom")
    image_px: Annotated[int, Field(ge=48, le=1024)]
    non_radiology_share: Annotated[float, Field(ge=0, lt=1)]
    questions_per_image: Annotated[int, Field(ge=2, le=8)]
    roco: ThreeSplits
    medicat: NumImages
    vqa_rad: TwoSplits
    slake: ThreeSplits
    vqa_med_2019: ThreeSplits
    melinda: ThreeSplits
