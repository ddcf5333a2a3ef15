"""What has to be known of a release before its first row can be written: its answers, and its validation split."""

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal, TypeGuard

from m3ae.prepare.answers import answer_list, class_list
from m3ae.prepare.rows import task_answers
from m3ae.prepare.texts import cleaned
from m3ae.protocol import Protocol
from m3ae.releases.readers.published import Dropped
from m3ae.releases.record import Record, Split
from m3ae.tasks import Task

Asked = tuple[str, tuple[str, ...], tuple[str, ...]]  # what is asked about which image, and what is right
REPEATED = "repeats a test row word for word"


@dataclass
class Survey:
    """What one pass over the release's texts tells; no image is opened."""

    task: Task | None = None
    num_rows: int = 0
    num_texts: int = 0  # captions, references and questions of the rows that were chosen
    records: Counter[Split] = field(default_factory=Counter)  # rows that were chosen, in the splits as published
    training: set[str] = field(default_factory=set)  # patients or images, see Record.together
    has_validation: bool = False
    answers: dict[Split, dict[str, None]] = field(default_factory=lambda: {split: {} for split in Split})  # distinct, in order
    tested: set[Asked] = field(default_factory=set)

    @classmethod
    def of(cls, records: Iterable[Record | Dropped], task: Task | None) -> "Survey":
        survey = cls(task)
        for record in records:
            survey.num_rows += 1
            if isinstance(record, Record):
                survey.add(record, task_answers(record, task))
        return survey

    def add(self, record: Record, answers: list[str]) -> None:
        self.records[record.split] += 1
        self.num_texts += len(record.texts)
        self.answers[record.split].update(dict.fromkeys(answers))
        self.has_validation |= record.split is Split.VALIDATION
        if record.split is Split.TRAIN:
            self.training.add(record.together)
        if record.split is Split.TEST and answers:
            self.tested.add(asked(record, answers))

    def answer_list(self, source: Literal["all", "train"]) -> list[str]:
        """Return the task's answers over the published files.

        Of all splits or, where `source` is "train", of train alone, images drawn for validation included. Classes: always of all.
        """
        if self.task and self.task.kind == "classify":
            return class_list(answer for split in Split for answer in self.answers[split])
        splits = Split if source == "all" else (Split.TRAIN,)
        return answer_list(answer for split in splits for answer in self.answers[split])

    def drawn_validation(self, share: float, seed: int) -> frozenset[str]:
        """Draw the training patients or images that become the validation split where none was published: never the test split."""
        if self.has_validation or len(self.training) < 2:
            return frozenset()
        count = max(1, round(share * len(self.training)))
        return frozenset(random.Random(seed).sample(sorted(self.training), count))

    def placed(self, records: Iterable[Record | Dropped], protocol: Protocol, share: float, seed: int) -> Iterator[Record | Dropped]:
        """Yield the records in the splits that they are used in, and what `m3ae/protocol.py` says of those that are tested.

        # Differs: the authors chose VQA-RAD's epoch on its test file, and trained on questions that it repeats; `protocol: paper`.
        """
        chosen_on_test = protocol == "paper" and self.tested and not self.has_validation
        drawn = frozenset() if chosen_on_test else self.drawn_validation(share, seed)
        for record in records:
            if protocol == "strict" and self.repeats_test(record):
                yield Dropped(record.id, record.split, record.image.name, REPEATED)
            else:
                yield moved(record, drawn)
            if chosen_on_test and isinstance(record, Record) and record.split is Split.TEST:
                yield replace(record, split=Split.VALIDATION)

    def repeats_test(self, record: Record | Dropped) -> TypeGuard[Record]:
        """Return whether a training row asks what a test row asks about the same image, and has the same answer."""
        if not self.tested or not isinstance(record, Record) or record.split is not Split.TRAIN:
            return False
        return asked(record, task_answers(record, self.task)) in self.tested


def asked(record: Record, answers: list[str]) -> Asked:
    return record.image_id, tuple(cleaned(text).lower() for text in record.texts), tuple(answers)


def moved(record: Record | Dropped, drawn: frozenset[str]) -> Record | Dropped:
    """Return the record in the split that it is used in: a patient, or an image with everything asked about it, goes as a whole."""
    if isinstance(record, Record) and record.split is Split.TRAIN and record.together in drawn:
        return replace(record, split=Split.VALIDATION)
    return record
