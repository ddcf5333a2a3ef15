"""What the benchmarks at `scale: paper` run: the paper's model from a random start, and batches as long as radiology's captions.

The encoders' published weights make nothing slower or faster; their sizes are those of params.yaml.
"""

from pathlib import Path

import torch
from torch import Tensor

from m3ae.batches.masking import hidden_words, hide, num_kept, other_images, patch_order
from m3ae.batches.order import generator_for
from m3ae.batches.pairs import PairBatch
from m3ae.model.config import ModelConfig
from m3ae.model.params import ModelParams
from m3ae.objectives.build import pretraining_learner
from m3ae.objectives.learner import Learner
from m3ae.params import load

VOCABULARY, PADDING_ID, MASK_ID = 50_265, 1, 50_264  # RoBERTa's
WORDS_MEDIAN, WORDS_SPREAD, TOKENS_A_WORD = 16, 0.73, 1.35  # of ROCO's published captions: log-normal, and pieces a word
CONTENT = load(Path(__file__).parents[1] / "params.yaml")
MODEL = ModelParams(**CONTENT["scales"]["paper"]["model"] | {"vision_encoder": "scratch", "text_encoder": "scratch"})
NUM_PATCHES = (MODEL.image_px // MODEL.patch_px) ** 2


def paper_learner() -> Learner:
    method = Method(**{name: CONTENT[name] for name in Method.model_fields})
    config = ModelConfig(model=MODEL, method=method, objectives=("mlm", "mim", "itm"), vocabulary=VOCABULARY)
    return pretraining_learner(config, {"mlm": 1.0, "mim": 1.0, "itm": 1.0}, seed=0)


def texts(num_pairs: int, longest: int = 0) -> tuple[Tensor, Tensor]:
    """(ids, mask) of made-up captions, padded to the longest of them or to `longest` tokens."""
    generator = generator_for(num_pairs)
    words = WORDS_MEDIAN * (WORDS_SPREAD * torch.randn(num_pairs, generator=generator)).exp()
    lengths = (words * TOKENS_A_WORD + 2).long().clamp(5, MODEL.text_tokens)
    mask = (torch.arange(longest or int(lengths.max())) < lengths[:, None]).long()
    ids = torch.randint(4, MASK_ID, mask.shape, generator=generator)
    return ids.masked_fill(mask == 0, PADDING_ID), mask


def pairs(num_pairs: int, longest: int = 0) -> PairBatch:
    generator = generator_for(num_pairs, 1)
    ids, mask = texts(num_pairs, longest)
    words = torch.arange(ids.shape[1]).expand_as(ids).masked_fill(mask == 0, -1)
    order = patch_order(num_pairs, NUM_PATCHES, generator)
    hidden = hidden_words(words, CONTENT["text_mask_ratio"], generator)
    shown, labels = hide(ids, hidden, MASK_ID, torch.arange(4, MASK_ID), generator)
    images = torch.randn(num_pairs, 3, MODEL.image_px, MODEL.image_px, generator=generator)
    kept = order[:, : num_kept(NUM_PATCHES, CONTENT["mask_ratio"])]
    return PairBatch(ids, mask, shown, labels, images, order, kept, *other_images([str(n) for n in range(num_pairs)], generator))
