"""The one type that every reader yields."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol


class Split(StrEnum):
    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


class ImageBytes(Protocol):
    """The bytes of an image that is no file of its own. They are read when they are needed, for 300,000 images fit no memory."""

    def read(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Record:
    """One pair, question or labelled figure of a release, as published: nothing cleaned, nothing decoded."""

    id: str  # the release's own name for this row; unique within release and split
    split: Split
    image: Path  # the image file, which may be missing or broken
    image_id: str  # the release's own name for the image
    texts: tuple[str, ...]  # caption first, then inline references; or the one question
    answers: tuple[str, ...] = ()  # every answer that counts as right, or the one class label
    answer_kind: str = ""  # "open" | "closed" for questions, "" elsewhere
    licence: str = ""  # as published; "" = not stated
    content: ImageBytes | None = None  # where the image file's bytes are to be had, where `image` is but a name
    patient: str = ""  # "" = not told

    @property
    def together(self) -> str:
        """Return what must not be parted between splits: a patient or, where none is told, an image."""
        return self.patient or self.image_id
