"""What the benchmarks at `scale: paper` run: the paper's model from a random start, and batches as long as radiology's captions.

The encoders' published weights make nothing slower or faster; their sizes are those of scales/paper.yaml. Captions are as long as the
16,359 of ROCO's validation and test lists, where these lie beside the checkout; else log-normal, fitted to ROCO's published captions.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import torch
from torch import Tensor

from m3ae.batches import numbered
from m3ae.batches.cut import couples, cut
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
CAPTIONS = Path(__file__).parents[1] / ".." / "shared" / "annotations" / "roco"
WORDS_MEDIAN, WORDS_SPREAD, TOKENS_A_WORD = 16, 0.73, 1.35  # log-normal; how many tokens RoBERTa makes of a word of radiology
SPECIAL_TOKENS, FEWEST_TOKENS = 2, 5
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
    """Return the tokens of `num_texts` captions (B,), drawn at random."""
    generator = generator_for(num_texts)
    words = torch.tensor(words_of_captions(), dtype=torch.float)
    if len(words):
        drawn = words[torch.randint(len(words), (num_texts,), generator=generator)]
    else:
        drawn = WORDS_MEDIAN * (WORDS_SPREAD * torch.randn(num_texts, generator=generator)).exp()
    return (drawn * TOKENS_A_WORD + SPECIAL_TOKENS).long().clamp(FEWEST_TOKENS, MODEL.text_tokens)


@cache
def words_of_captions() -> list[int]:
    """Return how many words each caption has; nothing where the lists are not beside the checkout."""
    lists = (path.read_text(encoding="utf-8").splitlines() for path in sorted(CAPTIONS.rglob("captions.txt")))
    return [len(line.split()) - 1 for lines in lists for line in lines]  # the first one is the image's name


def step(num_pairs: int, padded_to: int = 0) -> list[PairBatch]:
    """Return the micro-batches of one step, cut and as long as in training, of each `num_pairs` pairs from all over it.

    `padded_to`: tokens of every text; 0: those of the longest in the whole micro-batch, rounded up as in training.
    """
    recipe = PARAMS.pretrain
    found = []
    for number, whole in enumerate(lengths_of_parts(recipe.batch, recipe.micro_batch, MODEL.text_tokens)):
        num_tokens = padded_to or padded_length(whole, recipe.pad_to, MODEL.text_tokens)
        some = whole[torch.linspace(0, len(whole) - 1, num_pairs).long()]
        found.append(padded(synthetic_pairs(num_pairs, MODEL, PARAMS, VOCABULARY, some, seed=number), num_tokens))
    return found


def lengths_of_parts(num_pairs: int, size: int, most_tokens: int) -> list[Tensor]:
    """Return the tokens of the texts (B,) of each micro-batch of `size` pairs, a step of `num_pairs` cut as in training."""
    of_step = lengths(num_pairs).clamp(max=most_tokens)
    return [of_step[part] for part in cut(of_step.tolist(), couples(num_pairs, generator_for(0)), size)]


def padded_length(texts: Tensor, multiple: int, most_tokens: int) -> int:
    """Return the tokens that texts of these lengths (B,) are padded to, as in training."""
    return min(most_tokens, -(-int(texts.max()) // multiple) * multiple)


class Repeated(numbered.Batches[PairBatch]):
    """The micro-batches of one step, again and again."""

    def __init__(self, step: Sequence[PairBatch]):
        self.step = step

    def __getitem__(self, number: int) -> PairBatch:
        return self.step[number % len(self.step)]

    def names(self, number: int) -> list[str]:
        return [f"made-up micro-batch {number}"]


def pairs(num_pairs: int, padded_to: int = 0) -> PairBatch:
    """Return pairs whose texts are padded to the longest of them or to `padded_to` tokens."""
    batch = synthetic_pairs(num_pairs, MODEL, PARAMS, VOCABULARY, lengths(num_pairs))
    return batch if not padded_to else padded(batch, padded_to)


def padded(batch: PairBatch, num_tokens: int) -> PairBatch:
    before = batch.text_ids.shape[1]
    filled = {"text_ids": 1, "text_mask": 0, "masked_ids": 1}
    texts = {name: torch.nn.functional.pad(getattr(batch, name), (0, num_tokens - before), value=value) for name, value in filled.items()}
    return batch._replace(**texts, word_places=batch.word_places // before * num_tokens + batch.word_places % before)
