"""Fine-tuning for question answering and classification. Paper, section 3."""

from collections.abc import Callable, Sequence

from m3ae.batches.images import Crop
from m3ae.batches.order import InOrder, Order, seed_for
from m3ae.batches.tasks import TaskBatches
from m3ae.batches.tokenizer import Tokenizer
from m3ae.engine.engine import Engine
from m3ae.finetune.params import FinetuneParams
from m3ae.model.params import ModelParams
from m3ae.objectives.answer import Classification, Labels, QuestionAnswering
from m3ae.objectives.learner import Learner
from m3ae.shards.read import Shards


class Answering:
    """A question-answering task as `loop` sees it."""

    name = "answer"
    head: type[Labels] = QuestionAnswering

    def __init__(self, splits: dict[str, Shards], answers: Sequence[str], tokenizer: Tokenizer, params: FinetuneParams):
        self.splits, self.answers, self.tokenizer, self.params = splits, list(answers), tokenizer, params
        self.num_labels = len(self.answers)

    def objective(self, model: ModelParams) -> Labels:
        return self.head(model, self.num_labels)

    def training(self, seed: int) -> TaskBatches:
        order = Order(len(self.splits["train"]), self.params.micro_batch, seed_for(seed, 1))
        crop = Crop(self.params.image_px, self.params.smallest_crop, seed_for(seed, 2), self.params.crop == "stretched")
        return self.batches("train", order, crop)

    def validation(self, engine: Engine, copy: Callable[[], Learner]) -> float:
        """Return the score, in percent, that chooses the epoch."""
        order = InOrder(len(self.splits["validation"]), self.params.micro_batch)
        batches = self.batches("validation", order, Crop(self.params.image_px, 1.0, 0))
        return 100 * engine.tallies(batches, len(order))[f"{self.name}.score"]

    def batches(self, split: str, order: Order | InOrder, crop: Crop) -> TaskBatches:
        return TaskBatches(self.splits[split], self.tokenizer, self.answers, order, crop, self.params.text_tokens)


class Classifying(Answering):
    """A classification task: the labels are answers, of which exactly one is right."""

    name = "classify"
    head = Classification
