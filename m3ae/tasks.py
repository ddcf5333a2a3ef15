"""The downstream tasks and their kinds: one entry each. Everything else that lists tasks asks here. Paper, section 3."""

from pkgutil import resolve_name
from typing import Any, NamedTuple

TaskName = str  # a key of TASKS
KindName = str  # a key of KINDS


class Kind(NamedTuple):
    """Where the parts of a kind of task are, as a package's entry points name them: nothing is loaded before it is asked for."""

    objective: str  # its name in a saved model
    head: str  # the objective's class
    recipe: str  # the class of its fine-tuning parameters
    training: str  # the class that `finetune/loop` trains by
    evaluation: str  # the `Evaluation` that `evaluate/stage` tests by

    def load(self, part: str) -> Any:
        """Return the class or object that the field `part` names."""
        return resolve_name(getattr(self, part))


KINDS: dict[KindName, Kind] = {
    "answer": Kind(
        "answer",
        "m3ae.objectives.answer:QuestionAnswering",
        "m3ae.finetune.params:FinetuneParams",
        "m3ae.finetune.answering:Answering",
        "m3ae.evaluate.kinds:ANSWERS",
    ),
    "classify": Kind(
        "classify",
        "m3ae.objectives.answer:Classification",
        "m3ae.finetune.params:FinetuneParams",
        "m3ae.finetune.answering:Classifying",
        "m3ae.evaluate.kinds:ANSWERS",
    ),
    "retrieve": Kind(
        "retrieval",
        "m3ae.objectives.retrieval:Retrieval",
        "m3ae.finetune.params:RetrievalParams",
        "m3ae.finetune.retrieval:RetrievalTask",
        "m3ae.evaluate.kinds:RANKINGS",
    ),
}


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


def kind_of(task: TaskName) -> Kind:
    return KINDS[TASKS[task].kind]
