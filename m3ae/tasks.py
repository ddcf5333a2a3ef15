"""The downstream tasks: one entry each. Everything else that lists tasks asks here. Paper, section 3."""

from typing import NamedTuple

TaskName = str  # a key of TASKS
KindName = str  # a key of KINDS in m3ae/kinds.py


class Task(NamedTuple):
    """What a task is called, which release it reads, and what is done with it."""

    title: str
    release: str
    kind: KindName


TASKS: dict[TaskName, Task] = {
    "vqa_rad": Task("VQA-RAD", "vqa_rad", "answer"),
    "slake": Task("SLAKE (English)", "slake", "answer"),
    "vqa_med_2019": Task("VQA-Med-2019 (modality, plane, organ)", "vqa_med_2019", "answer"),
    "melinda": Task("MELINDA", "melinda", "classify"),
    "roco_retrieval": Task("ROCO retrieval, fine-tuned", "roco", "retrieve"),
}
