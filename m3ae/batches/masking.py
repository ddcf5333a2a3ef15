"""Which words and which patches to mask: pure functions of shapes and a generator. Paper, section 2.2.

Shapes: B pairs, L text tokens, N patches. `hidden` is True where something must be predicted.
"""

from math import ceil

import numpy as np
import torch
from torch import Generator, Tensor
from torch.nn.functional import pad

NO_WORD = -1  # special tokens and padding belong to no word
NO_LABEL = -100  # the label that cross-entropy ignores
SHOW_MASK, SHOW_RANDOM = 0.8, 0.1  # shares of the masked tokens: the mask token, a random token; the rest is shown as it is


def patch_order(num_pairs: int, num_patches: int, generator: Generator) -> Tensor:
    """Draw for each pair the order (B, N) of its patches' numbers, ascending by uniform noise; the first ones are kept."""
    return torch.rand(num_pairs, num_patches, generator=generator).argsort(dim=1)


def num_kept(num_patches: int, mask_ratio: float) -> int:
    return int(num_patches * (1 - mask_ratio))


def hidden_words(words: Tensor, ratio: float, generator: Generator) -> Tensor:
    """Choose the tokens to mask (B, L; bool): whole words, about `ratio` of each text's tokens, at least one word.

    `words` (B, L) numbers each token's word, `NO_WORD` where there is none.
    # Differs: a word is what the tokenizer's own word boundaries say, so all pieces of a BPE word are masked together: "pneumo"
    # beside a visible "thorax" is guessed without the image. The authors group only `##` pieces, of which RoBERTa's BPE has none;
    # `masked_words: wordpieces`.
    """
    return torch.from_numpy(np.stack([hidden_in_text(row, ratio, generator) for row in words.numpy()]))


def hidden_in_text(words: np.ndarray, ratio: float, generator: Generator) -> np.ndarray:
    lengths = np.bincount(words[words != NO_WORD])
    present = np.flatnonzero(lengths)
    order = torch.randperm(len(present), generator=generator)
    budget = max(1, round(ratio * int(lengths.sum())))
    is_hidden = np.zeros(len(lengths) + 1, bool)  # the last place is NO_WORD's
    for word in present[order.numpy()].tolist():
        if not is_hidden.any() or lengths[word] <= budget:
            is_hidden[word] = True
            budget -= int(lengths[word])
        if budget <= 0:
            break
    return is_hidden[words]


def hide(ids: Tensor, hidden: Tensor, mask_id: int, ordinary_ids: Tensor, generator: Generator) -> Tensor:
    """Mask tokens by BERT's 80/10/10: return what is shown instead of `ids` (B, L).

    Random tokens are drawn from `ordinary_ids` (all but the special ones).
    """
    draw = torch.rand(ids.shape, generator=generator)
    random_ids = ordinary_ids[torch.randint(len(ordinary_ids), ids.shape, generator=generator)]
    shown = ids.masked_fill(hidden & (draw < SHOW_MASK), mask_id)
    return torch.where(hidden & (draw >= SHOW_MASK) & (draw < SHOW_MASK + SHOW_RANDOM), random_ids, shown)


def asked(ids: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor]:
    """Return the places (M,) of the hidden tokens in the flattened texts, and what they are (M,)."""
    places = hidden.flatten().nonzero().flatten()
    return places, ids.flatten()[places]


def of_one_shape(places: Tensor, labels: Tensor, shape: torch.Size, ratio: float) -> tuple[Tensor, Tensor]:
    """Return what `asked` returns of texts of this `shape`, (B, L), followed by what asks for nothing: place 0 and `NO_LABEL`.

    M becomes B * ceil(`ratio` * L), so that batches of one shape stay of one shape, or a multiple of it where a text's first word is longer
    than its share.
    """
    room = shape[0] * ceil(ratio * shape[1])
    left = max(1, -(-len(places) // room)) * room - len(places)
    return pad(places, (0, left)), pad(labels, (0, left), value=NO_LABEL)


def other_images(image_ids: list[str], generator: Generator) -> tuple[Tensor, Tensor]:
    """Draw for each pair of a batch another pair's number (B,), and whether the pair is shown its own image (B,; 1 = own; half are).

    # Differs: negatives are other images of the same batch, already encoded, and never the same image under another caption,
    # which would be labelled a mismatch and is none. A pair that finds no other image in its batch keeps its own.
    # `negatives: split` draws from the whole split, as the authors do.
    """
    num_pairs = len(image_ids)
    names = {name: number for number, name in enumerate(dict.fromkeys(image_ids))}
    numbers = torch.tensor([names[name] for name in image_ids])
    differs = numbers[:, None] != numbers[None, :]  # (B, B)
    drawn = torch.where(differs, torch.rand(num_pairs, num_pairs, generator=generator), -1.0).argmax(dim=1)
    swapped = torch.zeros(num_pairs, dtype=torch.bool)
    swapped[torch.randperm(num_pairs, generator=generator)[: num_pairs // 2]] = True
    has_other = differs.any(dim=1)
    return torch.where(has_other, drawn, torch.arange(num_pairs)), (~(swapped & has_other)).long()


def shown_images(image_ids: list[str], other: Tensor) -> tuple[Tensor, Tensor]:
    """Return the drawn numbers `other` (B,) of a batch's images, and whether a pair is shown its own image (B,; 1 = own).

    A pair whose other image is the same one under another caption keeps its own.
    """
    numbers = torch.tensor([own if image_ids[own] == image_ids[place] else place for own, place in enumerate(other.tolist())])
    return numbers, (numbers == torch.arange(len(numbers))).long()
