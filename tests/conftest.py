"""What many tests share: a model of a few thousand weights and a batch for it."""

import pytest
import torch

from m3ae.batches.masking import hidden_words, hide, other_images, patch_order
from m3ae.batches.pairs import PairBatch
from m3ae.model.config import ModelConfig
from m3ae.model.params import ModelParams
from m3ae.objectives.build import pretraining_learner
from m3ae.objectives.learner import Learner

VOCABULARY, NUM_TOKENS, NUM_PAIRS = 40, 9, 4
ORDINARY = torch.arange(5, VOCABULARY)
# Minutes each: begun last, one core would wait for them.
SLOWEST = ("test_repro.py", "test_engine.py", "test_killed.py", "test_watch.py", "test_cluster.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: SLOWEST.index(item.path.name) if item.path.name in SLOWEST else len(SLOWEST))


@pytest.fixture
def config() -> ModelConfig:
    model = ModelParams(
        image_px=32,
        patch_px=8,
        vision_encoder="scratch",
        vision_width=16,
        vision_depth=2,
        vision_heads=2,
        text_encoder="scratch",
        text_tokens=NUM_TOKENS,
        text_width=16,
        text_depth=1,
        text_heads=2,
        fusion_width=16,
        fusion_depth=4,
        fusion_heads=2,
        dropout=0.0,
        decoder_width=16,
        decoder_depth=1,
        decoder_heads=2,
    )
    method = Method(mim_layer=3, mlm_layer=-1, mim_decoder="transformer", mlm_decoder="mlp")
    return ModelConfig(model=model, method=method, objectives=("mlm", "mim", "itm"), vocabulary=VOCABULARY)


@pytest.fixture
def learner(config: ModelConfig) -> Learner:
    return pretraining_learner(config, {"mlm": 1.0, "mim": 1.0, "itm": 1.0}, seed=0)


@pytest.fixture
def batch() -> PairBatch:
    generator = torch.Generator().manual_seed(3)
    ids = torch.randint(5, VOCABULARY, (NUM_PAIRS, NUM_TOKENS), generator=generator)
    mask = torch.ones_like(ids)
    mask[0, 6:], ids[0, 6:] = 0, 1
    words = torch.arange(NUM_TOKENS).expand(NUM_PAIRS, -1).masked_fill(mask == 0, -1)
    order = patch_order(NUM_PAIRS, 16, generator)
    shown, labels = hide(ids, hidden_words(words, 0.3, generator), 4, ORDINARY, generator)
    images = torch.randn(NUM_PAIRS, 3, 32, 32, generator=generator)
    return PairBatch(ids, mask, shown, labels, images, order, order[:, :4], *other_images(list("aabc"), generator))
