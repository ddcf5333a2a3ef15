"""The kinds of downstream tasks: one entry each. How each is tested is `m3ae/evaluate/kinds.py`'s: nothing is trained again for it."""

from pkgutil import resolve_name
from typing import Any, NamedTuple

from m3ae.tasks import TASKS, KindName, TaskName


class Kind(NamedTuple):
    """Where the parts of a kind of task are, as a package's entry points name them: nothing is loaded before it is asked for."""

    objective: str  # its name in a saved model
    head: str  # the objective's class
    recipe: str  # the class of its fine-tuning parameters
    training: str  # the class that `finetune/loop` trains by

    def load(self, part: str) -> Any:
        """Return the class or object that the field `part` names."""
        return resolve_name(getattr(self, part))


KINDS: dict[KindName, Kind] = {
    "answer": Kind(
        "answer",
        "m3ae.objectives.answer:QuestionAnswering",
        "m3ae.finetune.params:FinetuneParams",
        "m3ae.finetune.answering:Answering",
    ),
    "classify": Kind(
        "classify",
        "m3ae.objectives.answer:Classification",
        "m3ae.finetune.params:FinetuneParams",
        "m3ae.finetune.answering:Classifying",
    ),
    "retrieve": Kind(
        "retrieval",
        "m3ae.objectives.retrieval:Retrieval",
        "m3ae.finetune.params:RetrievalParams",
        "m3ae.finetune.retrieval:RetrievalTask",
    ),
}


def kind_of(task: TaskName) -> Kind:
    return KINDS[TASKS[task].kind]
