"""A test split in memory, and a tokenizer for it."""

from collections.abc import Sequence

import numpy as np
import pytest
import torch

from m3ae.batches.tokenizer import Tokenizer, train
from m3ae.model.config import ModelConfig

TEXTS = (
    "a mass",
    "a large mass in the left lung",
    "no lesion",
    "chest radiograph of the right lung",
    "a cyst",
    "no lesion",
    "an old fracture",
)


class Split:
    """Rows as shards would give them; the images are noise of 32 x 32 px."""

    def __init__(self, texts: Sequence[str] = TEXTS, answers: Sequence[Sequence[str]] = (), kinds: Sequence[str] = ()):
        self.texts, self.answers, self.kinds = texts, answers or [[]] * len(texts), kinds or [""] * len(texts)

    def __len__(self) -> int:
        return len(self.texts)

    def row(self, number: int) -> dict:
        texts, answers = [self.texts[number]], list(self.answers[number])
        return {"id": f"q{number}", "image_id": f"image{number}", "texts": texts, "answers": answers, "answer_kind": self.kinds[number]}

    def pixels(self, number: int) -> np.ndarray:
        return np.random.default_rng(number).integers(0, 256, (32, 32, 1), np.uint8)


@pytest.fixture(autouse=True)
def on_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is expected is computed there."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


@pytest.fixture(scope="session")
def tokenizer() -> Tokenizer:
    return Tokenizer(train(TEXTS * 3, 300))


@pytest.fixture
def sizes(config: ModelConfig, tokenizer: Tokenizer) -> ModelConfig:
    """Those of a model that reads the tokenizer's tokens."""
    return config.model_copy(update={"vocabulary": len(tokenizer)})
