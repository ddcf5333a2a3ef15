"""The blocks of the benchmark table: every task of the registry, then zero-shot retrieval."""

from collections.abc import Collection
from dataclasses import dataclass

from m3ae.report.published import ANSWERS, PUBLISHED, RECALLS, ZERO_SHOT, Published
from m3ae.tasks import TASKS, Task

RETRIEVAL = "roco_retrieval"  # whose test split zero-shot retrieval reads, too
SCORES = {"answer": ANSWERS, "classify": ("overall",), "retrieve": RECALLS}  # by kind of task, in the order of the table's rows
ANSWERING = ("answer", "classify")  # the kinds whose predictions are answers


@dataclass(frozen=True)
class Entry:
    """One block of the benchmark table. A kind of task without an entry in `SCORES` shows what its metrics hold."""

    name: str  # a task, or `ZERO_SHOT`
    title: str
    task: Task

    @property
    def kind(self) -> str:
        return self.task.kind

    @property
    def shards(self) -> str:
        """Return the folder of its shards, which is named by a task."""
        return RETRIEVAL if self.name == ZERO_SHOT else self.name

    @property
    def scores(self) -> tuple[str, ...]:
        return SCORES.get(self.kind, ())

    @property
    def published(self) -> Published:
        return PUBLISHED.get(self.name, Published())

    def is_shown(self, tasks: Collection[str]) -> bool:
        """Return whether the table has the block: published scores stand in it in any case, other tasks where they are asked for."""
        return bool(self.published.paper) or self.name in tasks


BENCHMARK = (
    *(Entry(name, task.title, task) for name, task in TASKS.items()),
    Entry(ZERO_SHOT, "ROCO retrieval, zero-shot", TASKS[RETRIEVAL]),
)
