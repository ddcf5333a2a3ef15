"""The downstream tasks: which release each reads and what kind of task it is. Paper, section 3."""

from typing import Literal, NamedTuple

Kind = Literal["answer", "classify", "retrieve"]
TaskName = Literal["vqa_rad", "slake", "vqa_med_2019", "melinda", "roco_retrieval"]


class Task(NamedTuple):
    release: str
    kind: Kind


TASKS: dict[TaskName, Task] = {
    "vqa_rad": Task("vqa_rad", "answer"),
    "slake": Task("slake", "answer"),
    "vqa_med_2019": Task("vqa_med_2019", "answer"),
    "melinda": Task("melinda", "classify"),
    "roco_retrieval": Task("roco", "retrieve"),
}
