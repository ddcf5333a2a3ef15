"""Fine-tuning for retrieval: batches of choices. Paper, section 3."""

from collections.abc import Callable, Sequence
from statistics import fmean

from m3ae.batches.choices import ChoiceBatches
from m3ae.batches.images import Crop
from m3ae.batches.order import InOrder, Order, seed_for
from m3ae.batches.tokenizer import Tokenizer
from m3ae.engine.engine import Engine
from m3ae.finetune.params import RetrievalParams
from m3ae.finetune.ranking import rank
from m3ae.model.params import ModelParams
from m3ae.objectives.learner import Learner
from m3ae.objectives.retrieval import Retrieval
from m3ae.shards.read import Shards, first_texts


class RetrievalTask:
    """The task as `loop` sees it.

    # Differs: the epoch is chosen by how often an image's own text wins among its choices in the validation
    # split, not by recall over all pairs: the same question at a hundredth of the cost. `choose_by: recall` is the authors' way.
    """

    name = "retrieval"
    num_labels = 0

    def __init__(self, splits: dict[str, Shards], _answers: Sequence[str], tokenizer: Tokenizer, params: RetrievalParams):
        self.splits, self.tokenizer, self.params = splits, tokenizer, params

    def objective(self, model: ModelParams) -> Retrieval:
        return Retrieval(model)

    def training(self, seed: int) -> ChoiceBatches:
        order = Order(len(self.splits["train"]), self.params.micro_batch, seed_for(seed, 1))
        crop = Crop(self.params.image_px, self.params.smallest_crop, seed_for(seed, 2), self.params.crop == "stretched")
        return self.batches("train", order, crop)

    def validation(self, engine: Engine, copy: Callable[[], Learner]) -> float:
        """Return the figure, in percent, that chooses the epoch."""
        if self.params.choose_by == "recall":
            return self.mean_recall(copy())
        order = InOrder(len(self.splits["validation"]), self.params.micro_batch)
        batches = self.batches("validation", order, Crop(self.params.image_px, 1.0, 0))
        return 100 * engine.tallies(batches, len(order))["retrieval.accuracy"]

    def mean_recall(self, learner: Learner) -> float:
        """Return the mean of R@1 both ways over all pairs of the validation split."""
        validation = self.splits["validation"]
        ranking = rank(learner, validation, self.tokenizer, self.params.image_px, self.params.text_tokens)
        return 100 * fmean(place == 0 for places in ranking.places(first_texts(validation)) for place in places)

    def batches(self, split: str, order: Order | InOrder, crop: Crop) -> ChoiceBatches:
        return ChoiceBatches(self.splits[split], self.tokenizer, self.params.num_others, order, crop, self.params.text_tokens)
