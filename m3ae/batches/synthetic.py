"""The made-up batch that plans, benchmarks and tests read: random tokens and pixels at a model's sizes.

Shapes: B pairs, L text tokens, S image side in px.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from m3ae.batches.masking import NO_WORD, asked, hidden_words, hide, num_kept, of_one_shape, other_images, patch_order
from m3ae.batches.order import generator_for
from m3ae.batches.pairs import PairBatch
from m3ae.method import Method
from m3ae.model.params import ModelParams

PADDING_ID, MASK_ID, FIRST_ORDINARY_ID = 1, 4, 5  # as in a tokenizer that `train` makes


def synthetic_pairs(
    num_pairs: int,
    model: ModelParams,
    method: Method,
    vocabulary: int,
    lengths: Tensor | None = None,
    image_ids: Sequence[str] = (),
    seed: int = 0,
) -> PairBatch:
    """Return `num_pairs` pairs, a function of the arguments alone.

    `lengths` (B,) count the texts' tokens (None: `text_tokens` each); each token is a word. Without `image_ids` all images differ.
    """
    generator = generator_for(seed, num_pairs)
    ids, mask = synthetic_texts(num_pairs, model, vocabulary, lengths, seed)
    words = torch.arange(ids.shape[1]).expand_as(ids).masked_fill(mask == 0, NO_WORD)
    order = patch_order(num_pairs, model.num_patches, generator)
    hidden = hidden_words(words, method.text_mask_ratio, generator)
    images = torch.randn(num_pairs, 3, model.image_px, model.image_px, generator=generator)
    return PairBatch(
        ids,
        mask,
        hide(ids, hidden, MASK_ID, torch.arange(FIRST_ORDINARY_ID, vocabulary), generator),
        *of_one_shape(*asked(ids, hidden), ids.shape, method.text_mask_ratio),
        hidden.sum().clamp(min=1).float(),
        images,
        order,
        order[:, : num_kept(model.num_patches, method.mask_ratio)],
        *other_images(list(image_ids) or [str(number) for number in range(num_pairs)], generator),
        None if method.negatives == "batch" else images[: num_pairs // 2].clone(),
    )


def synthetic_texts(num_pairs: int, model: ModelParams, vocabulary: int, lengths: Tensor | None, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Return the token ids (B, L) and their mask (B, L; 1 = a token)."""
    if lengths is None:
        lengths = torch.full((num_pairs,), model.text_tokens)
    mask = (torch.arange(int(lengths.max())) < lengths[:, None]).long()
    ids = torch.randint(FIRST_ORDINARY_ID, vocabulary, mask.shape, generator=generator_for(seed, num_pairs, 1))
    return ids.masked_fill(mask == 0, PADDING_ID), mask
