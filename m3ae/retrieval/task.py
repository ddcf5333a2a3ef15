"""Fine-tuning for retrieval: batches of choices, and the ranking of the held-out pairs. Paper, section 3."""

from collections.abc import Callable
from pathlib import Path

from m3ae.batches import ChoiceBatches, InOrder, Order, seed_for
from m3ae.images import Crop
from m3ae.model.learner import Learner
from m3ae.model.params import ModelParams
from m3ae.objectives.retrieval import Retrieval
from m3ae.retrieval.scoring import Ranking, chance, rank, write_ranks
from m3ae.shards import Shards
from m3ae.tokenizer import Tokenizer
from m3ae.training.engine import Engine
from m3ae.training.params import FinetuneParams


class RetrievalTask:
    """What `finetuning` needs to know of retrieval.

    # Differs: the epoch is chosen by how often an image's own text wins among its choices in the validation
    # split, not by recall over all pairs: the same question at a hundredth of the cost. `choose_by: recall` is the authors' way.
    """

    name = "retrieval"
    num_labels = 0

    def __init__(self, splits: dict[str, Shards], tokenizer: Tokenizer, params: FinetuneParams):
        self.splits, self.tokenizer, self.params = splits, tokenizer, params

    def objective(self, model: ModelParams) -> Retrieval:
        return Retrieval(model)

    def training(self, seed: int) -> ChoiceBatches:
        order = Order(len(self.splits["train"]), self.params.micro_batch, seed_for(seed, 1))
        crop = Crop(self.params.image_px, self.params.smallest_crop, seed_for(seed, 2), self.params.crop == "stretched")
        return self.batches("train", order, crop)

    def evaluation(self, split: str) -> ChoiceBatches:
        return self.batches(split, InOrder(len(self.splits[split]), self.params.micro_batch), Crop(self.params.image_px, 1.0, 0))

    def validation(self, engine: Engine, copy: Callable[[], Learner]) -> float:
        """The figure, in percent, that chooses the epoch."""
        if self.params.choose_by == "recall":
            recalls = self.ranked(copy(), "validation").recalls().values()
            return sum(recall["r1"] for recall in recalls) / len(recalls)
        batches = self.evaluation("validation")
        return 100 * engine.tallies(batches, len(batches.order))["retrieval.accuracy"]

    def ranked(self, learner: Learner, split: str) -> Ranking:
        return rank(learner, self.splits[split], self.tokenizer, self.params.image_px, self.params.text_tokens)

    def batches(self, split: str, order: Order | InOrder, crop: Crop) -> ChoiceBatches:
        return ChoiceBatches(self.splits[split], self.tokenizer, self.params.num_others, order, crop, self.params.text_tokens)

    def test(self, learner: Learner) -> tuple[dict[str, dict[str, float]], Ranking]:
        ranking = self.ranked(learner, "test")
        return ranking.recalls(), ranking

    def baseline(self) -> dict[str, dict[str, float]]:
        """What a random ranking reaches, the same both ways."""
        return {"chance": chance([self.splits["test"].row(row)["texts"][0] for row in range(len(self.splits["test"]))])}

    def details(self) -> dict[str, int]:
        return {}

    def write(self, folder: Path, ranking: Ranking) -> None:
        write_ranks(folder / "ranks.parquet", ranking)
