"""Record -> row of a shard, or the reason why not. A pure function of the record's files: any process may compute it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from m3ae.prepare.answers import as_given, normalised, normalised_answers
from m3ae.prepare.fingerprint import fingerprint
from m3ae.prepare.images import load, resized
from m3ae.prepare.params import PrepareParams
from m3ae.prepare.texts import MOST_CHARACTERS, MOST_IN_ANSWER, cleaned, long_enough
from m3ae.prepare.unusable import UnusableImage
from m3ae.releases.readers.published import Dropped, within
from m3ae.releases.record import Record
from m3ae.shards.format import Row
from m3ae.shards.pixels import encoded
from m3ae.tasks import AnswerRule, Task

RULES: dict[AnswerRule, Callable[[str], str]] = {"vqa": normalised, "as_given": as_given, "none": str}
NO_BYTES = "no image bytes"  # a null in a table
NUM_REMEMBERED = 256  # stored images a process keeps, for several questions ask about one


class StoredImage(NamedTuple):
    data: bytes
    height: int
    width: int
    channels: int
    hash: bytes


@dataclass(frozen=True)
class RowMaker:
    """The shared steps for the records of one release, and of its task where it has one."""

    release: Path
    task: Task | None
    params: PrepareParams
    image_folders: tuple[Path, ...]  # where images may lie besides

    def row(self, record: Record) -> Row | Dropped:
        if any(len(text) > MOST_CHARACTERS for text in record.texts[:1]):
            return self.dropped(record, f"text of over {MOST_CHARACTERS} characters")
        if any(len(answer) > MOST_IN_ANSWER for answer in record.answers):
            return self.dropped(record, f"answer of over {MOST_IN_ANSWER} characters")
        texts, has_caption = self.texts(record)
        answers = task_answers(record, self.task)
        if not texts:
            return self.dropped(record, self.no_text)
        if self.asks and not answers:
            return self.dropped(record, "no answer")
        image = self.image(record)
        if isinstance(image, str):
            return self.dropped(record, image)
        return Row(record.id, record.image_id, texts, answers, record.answer_kind, record.licence, has_caption, *image, record.split)

    def image(self, record: Record) -> StoredImage | str:
        """Return the image as stored, or the reason why it cannot be used.

        It is remembered where several questions ask about one image; elsewhere each image stands once, and memory stays flat.
        """
        if record.content is not None:
            content = record.content.read()
            return stored(record.image, self.release, self.params, content) if content else NO_BYTES
        return (remembered if self.asks else stored)(record.image, self.release, self.params, image_folders=self.image_folders)

    @property
    def asks(self) -> bool:
        return self.task is not None and self.task.kind in ("answer", "classify")

    @property
    def no_text(self) -> str:
        return "no text" if self.asks else f"no text of {self.params.min_words} words"

    def texts(self, record: Record) -> tuple[list[str], bool]:
        """Return what is left of the texts, and whether the caption is among them; a question may be as short as it likes.

        A caption or reference alone may be lost: the metrics say how many were read and how many kept.
        """
        return long_enough(record.texts, 1 if self.asks else self.params.min_words)

    def dropped(self, record: Record, reason: str) -> Dropped:
        return Dropped(record.id, record.split, within(record.image, self.release), reason)


def task_answers(record: Record, task: Task | None) -> list[str]:
    """Return the right answers as the task compares them, each once; none where one has swallowed a file."""
    if any(len(answer) > MOST_IN_ANSWER for answer in record.answers):
        return []
    return normalised_answers([cleaned(answer) for answer in record.answers], RULES[task.answers if task else "none"])


def stored(
    path: Path, release: Path, params: PrepareParams, content: bytes | None = None, image_folders: tuple[Path, ...] = ()
) -> StoredImage | str:
    """Return the image as stored, or the reason why it cannot be used."""
    try:
        pixels = resized(load(path, release, params.max_pixels, content, params.dicom_window, image_folders), params.image_px)
    except UnusableImage as error:
        return str(error)
    height, width, channels = pixels.shape
    return StoredImage(encoded(pixels, params.encoding), height, width, channels, fingerprint(pixels))


remembered = lru_cache(maxsize=NUM_REMEMBERED)(stored)
