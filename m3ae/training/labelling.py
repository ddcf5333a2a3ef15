"""Question answering and classification: batches, predictions, scores. Paper, section 3."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl
import torch

from m3ae.batches import InOrder, Order, TaskBatches, seed_for
from m3ae.images import Crop
from m3ae.model.learner import Learner
from m3ae.model.params import ModelParams
from m3ae.objectives.answer import Classification, Labels, QuestionAnswering
from m3ae.shards import Shards
from m3ae.tasks import Kind
from m3ae.tokenizer import Tokenizer
from m3ae.training.engine import Engine, moved
from m3ae.training.gather import gathered, process_share
from m3ae.training.launch import device
from m3ae.training.params import FinetuneParams

ANSWER_KINDS = ("open", "closed")


class Labelling:
    """One task of this kind: what `finetuning` needs to know of it."""

    def __init__(self, kind: Kind, splits: dict[str, Shards], answers: Sequence[str], tokenizer: Tokenizer, params: FinetuneParams):
        self.kind, self.splits, self.answers = kind, splits, list(answers)
        self.name = "classify" if kind == "classify" else "answer"
        self.num_labels = len(self.answers)
        self.tokenizer, self.params = tokenizer, params

    def objective(self, model: ModelParams) -> Labels:
        return (Classification if self.kind == "classify" else QuestionAnswering)(model, len(self.answers))

    def training(self, seed: int) -> TaskBatches:
        order = Order(len(self.splits["train"]), self.params.micro_batch, seed_for(seed, 1))
        crop = Crop(self.params.image_px, self.params.smallest_crop, seed_for(seed, 2), self.params.crop == "stretched")
        return self.batches("train", order, crop)

    def evaluation(self, split: str) -> TaskBatches:
        return self.batches(split, InOrder(len(self.splits[split]), self.params.micro_batch), Crop(self.params.image_px, 1.0, 0))

    def validation(self, engine: Engine, copy: Callable[[], Learner]) -> float:
        """The score, in percent, that chooses the epoch."""
        batches = self.evaluation("validation")
        return 100 * engine.tallies(batches, len(batches.order))[f"{self.name}.score"]

    def batches(self, split: str, order: Order | InOrder, crop: Crop) -> TaskBatches:
        return TaskBatches(self.splits[split], self.tokenizer, self.answers, order, crop, self.params.text_tokens)

    def test(self, learner: Learner) -> tuple[dict[str, float], pl.DataFrame]:
        """Scores on the test split, and the predictions that they come from."""
        table = self.predictions(learner)
        return scores(table), table

    @torch.no_grad()
    def predictions(self, learner: Learner) -> pl.DataFrame:
        """A row for each test row, in its order: id, image_id, question, answers, answer_kind, prediction, probability, score."""
        learner.eval().to(device())
        batches = self.evaluation("test")
        numbers = list(range(len(batches.order)))[process_share()]
        per_batch = gathered([self.predict(learner, batches, number) for number in numbers])
        predicted = [row for rows in per_batch for row in rows]
        return pl.DataFrame([self.judged(row, *guess) for row, guess in enumerate(predicted)])

    def predict(self, learner: Learner, batches: TaskBatches, number: int) -> list[tuple[str, float]]:
        """The most believed answer to each question of a batch, and its probability."""
        batch = moved(batches[number])
        head: Labels = learner.objectives[self.name]
        logits = head.logits(learner.backbone.fusion, learner.encode(batch, set(head.views)), batch)
        probabilities, places = head.probabilities(logits).max(dim=1)
        return [(self.answers[place], value) for place, value in zip(places.tolist(), probabilities.tolist(), strict=True)]

    def judged(self, number: int, prediction: str, probability: float) -> dict:
        row = self.splits["test"].row(number)
        return {"id": row["id"], "image_id": row["image_id"], "question": row["texts"][0], "answers": row["answers"],
                "answer_kind": row["answer_kind"], "prediction": prediction, "probability": round(probability, 6),
                "score": float(prediction in row["answers"])}  # fmt: skip

    def baseline(self) -> dict[str, dict[str, float]]:
        """The scores of always giving the training split's most frequent answer."""
        counts = Counter(answer for row in range(len(self.splits["train"])) for answer in self.splits["train"].row(row)["answers"])
        guess = min(counts, key=lambda answer: (-counts[answer], answer))
        rows = [self.judged(row, guess, 1.0) for row in range(len(self.splits["test"]))]
        return {"majority": scores(pl.DataFrame(rows))}

    def details(self) -> dict[str, int]:
        return {"answers": len(self.answers)}

    def write(self, folder: Path, table: pl.DataFrame) -> None:
        table.write_parquet(folder / "predictions.parquet")


def scores(table: pl.DataFrame) -> dict[str, float]:
    """Percent right over all rows, and over open and closed questions where a release tells them apart."""
    result = {"overall": 100 * table["score"].mean()}
    for kind in ANSWER_KINDS:
        part = table.filter(pl.col("answer_kind") == kind)
        if len(part):
            result[kind] = 100 * part["score"].mean()
    return result
