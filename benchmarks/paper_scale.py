"""What the benchmarks at `scale: paper` run: the paper's model from a random start, and batches as long as radiology's captions.

The encoders' published weights make nothing slower or faster; their sizes are those of scales/paper.yaml.
"""

from pathlib import Path

import torch
from torch import Tensor

from m3ae.batches.order import generator_for
from m3ae.batches.pairs import PairBatch
from m3ae.batches.synthetic import synthetic_pairs
from m3ae.method import Method
from m3ae.model.config import ModelConfig
from m3ae.model.params import SCRATCH, ModelParams
from m3ae.objectives.build import active, pretraining_learner
from m3ae.objectives.learner import Learner
from m3ae.pretrain.params import Params

VOCABULARY = 50_265  # RoBERTa's
WORDS_MEDIAN, WORDS_SPREAD, TOKENS_A_WORD = 16, 0.73, 1.35  # of ROCO's published captions: log-normal, and tokens a word
PARAMS = Params.read(Path(__file__).parents[1] / "params.yaml", scale="paper")
MODEL = PARAMS.model.model_copy(update={"vision_encoder": SCRATCH, "text_encoder": SCRATCH})


def paper_learner() -> Learner:
    return learner_of(MODEL, PARAMS, VOCABULARY)


def learner_of(model: ModelParams, method: Method, vocabulary: int) -> Learner:
    """Return what pre-trains a model of these sizes, from a random start."""
    weights = active(method.objectives)
    config = ModelConfig(model=model, method=method.reconstruction(), objectives=tuple(weights), vocabulary=vocabulary)
    return pretraining_learner(config, weights, seed=0)


def lengths(num_texts: int) -> Tensor:
    """Return the tokens of `num_texts` made-up captions (B,)."""
    words = WORDS_MEDIAN * (WORDS_SPREAD * torch.randn(num_texts, generator=generator_for(num_texts))).exp()
    return (words * TOKENS_A_WORD + 2).long().clamp(5, MODEL.text_tokens)


def pairs(num_pairs: int, padded_to: int = 0) -> PairBatch:
    """Return pairs whose texts are padded to the longest of them or to `padded_to` tokens."""
    batch = synthetic_pairs(num_pairs, MODEL, PARAMS, VOCABULARY, lengths(num_pairs))
    return batch if not padded_to else padded(batch, padded_to)


def padded(batch: PairBatch, num_tokens: int) -> PairBatch:
    missing = (0, num_tokens - batch.text_ids.shape[1])
    filled = {"text_ids": 1, "text_mask": 0, "masked_ids": 1, "word_labels": -100}
    return batch._replace(**{name: torch.nn.functional.pad(getattr(batch, name), missing, value=value) for name, value in filled.items()})
