"""What many tests share: a model of a few thousand weights and a batch for it."""

from pathlib import Path

import pytest
import torch

from m3ae.batches.pairs import PairBatch
from m3ae.batches.synthetic import synthetic_pairs
from m3ae.model.config import ModelConfig
from m3ae.objectives.build import pretraining_learner
from m3ae.objectives.learner import Learner
from tests import tiny
from tests.parameters import Parameters

# Minutes each: begun last, one core would wait for them.
SLOWEST = ("test_repro.py", "test_recipes.py", "test_engine.py", "test_killed.py", "test_watch.py", "test_cluster.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: SLOWEST.index(item.path.name) if item.path.name in SLOWEST else len(SLOWEST))


@pytest.fixture
def parameters(tmp_path: Path) -> Parameters:
    return Parameters(tmp_path)


@pytest.fixture
def config() -> ModelConfig:
    return tiny.config(tiny.model())


@pytest.fixture
def learner(config: ModelConfig) -> Learner:
    return pretraining_learner(config, tiny.ALL_ON, seed=0)


@pytest.fixture
def batch(config: ModelConfig) -> PairBatch:
    """Four pairs, two of which show the same image; the first text is shorter."""
    lengths = torch.tensor([6, *[tiny.NUM_TOKENS] * 3])
    return synthetic_pairs(4, config.model, tiny.METHOD, tiny.VOCABULARY, lengths, "aabc", seed=3)
