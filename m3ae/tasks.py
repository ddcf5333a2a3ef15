"""The downstream tasks: one entry each. Everything else that lists tasks asks here. Paper, section 3."""

from typing import Literal, NamedTuple

TaskName = str  # a key of TASKS
KindName = str  # a key of KINDS in m3ae/kinds.py
AnswerRule = Literal["vqa", "as_given", "none"]  # VQA evaluation's rule; whatever the case; cleaned alone


class Task(NamedTuple):
    """What a task is called, which release it reads, what is done with it, and how its answers are made comparable.

    Published questions are compared as their publications do it, by VQA evaluation's rule: "none" is 0, "a" nothing. In one's own
    questions "A" may be a blood group.
    """

    title: str
    release: str
    kind: KindName
    answers: AnswerRule


TASKS: dict[TaskName, Task] = {
    "vqa_rad": Task("VQA-RAD", "vqa_rad", "answer", "vqa"),
    "slake": Task("SLAKE (English)", "slake", "answer", "vqa"),
    "vqa_med_2019": Task("VQA-Med-2019 (modality, plane, organ)", "vqa_med_2019", "answer", "vqa"),
    "melinda": Task("MELINDA", "melinda", "classify", "none"),
    "roco_retrieval": Task("ROCO retrieval, fine-tuned", "roco", "retrieve", "none"),
    "path_vqa": Task("PathVQA", "path_vqa", "answer", "vqa"),
    "own_vqa": Task("Own questions", "own_vqa", "answer", "as_given"),
    "own_classification": Task("Own classes", "own_classification", "classify", "as_given"),
}
