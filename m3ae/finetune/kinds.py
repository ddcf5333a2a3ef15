"""How each kind of task is trained: one entry a kind."""

from m3ae.finetune.answering import Answering, Classifying
from m3ae.finetune.loop import TrainedTask
from m3ae.finetune.retrieval import RetrievalTask
from m3ae.tasks import Kind

KINDS: dict[Kind, type[TrainedTask]] = {
    "answer": Answering,
    "classify": Classifying,
    "retrieve": RetrievalTask,
}
