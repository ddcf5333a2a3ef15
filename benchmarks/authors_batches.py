"""Batches as the authors' data set and collator make them, written anew from what these do: the loaders' reference.

A pair's own image and a false one are decoded from the original files by Pillow, converted, resized bicubically and normalised as float32;
its text is padded to the full length; words are chosen in Python, and all is stacked.
"""

import random
from collections.abc import Sequence
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor
from torchvision import transforms
from transformers import PreTrainedTokenizerFast

from m3ae.batches.images import CLIP_MEAN, CLIP_STD
from m3ae.batches.masking import NO_LABEL, SHOW_MASK, SHOW_RANDOM

TEXT_RATIO = 0.15


class AuthorsBatches:
    """Number -> own images, false images, ids, mask, shown ids, labels of `size` of the pairs (file, text), in order, again and again."""

    def __init__(self, pairs: Sequence[tuple[Path, str]], fast: PreTrainedTokenizerFast, image_px: int, text_tokens: int, size: int):
        self.pairs, self.fast, self.image_px, self.text_tokens, self.size = pairs, fast, image_px, text_tokens, size
        self.draw, self.special = random.Random(0), set(fast.all_special_tokens)
        self.steps = transforms.Compose(
            [
                transforms.Resize(image_px, transforms.InterpolationMode.BICUBIC),
                transforms.CenterCrop(image_px),
                transforms.ToTensor(),
                transforms.Normalize(CLIP_MEAN, CLIP_STD),
            ]
        )

    def __getitem__(self, number: int) -> tuple[Tensor, ...]:
        pairs = [self.pairs[place % len(self.pairs)] for place in range(number * self.size, (number + 1) * self.size)]
        own, false = [self.image(path) for path, _ in pairs], [self.image(self.draw.choice(self.pairs)[0]) for _ in pairs]
        texts = [self.text(text) for _, text in pairs]
        ids, mask, special = (torch.tensor([text[key] for text in texts]) for key in ("input_ids", "attention_mask", "special_tokens_mask"))
        hidden = torch.tensor([self.hidden(row) for row in ids.tolist()]) & ~special.bool()
        return self.stacked(own), self.stacked(false), ids, mask, self.hide(ids, hidden), ids.masked_fill(~hidden, NO_LABEL)

    def image(self, path: Path) -> Tensor:
        with Image.open(path) as image:
            return self.steps(image.convert("RGB"))

    def text(self, text: str) -> dict[str, list[int]]:
        full = {"padding": "max_length", "truncation": True, "max_length": self.text_tokens}
        return self.fast(text, **full, return_special_tokens_mask=True)

    def stacked(self, images: Sequence[Tensor]) -> Tensor:
        batch = torch.zeros(len(images), 3, self.image_px, self.image_px)
        for place, image in enumerate(images):
            batch[place, :, : image.shape[1], : image.shape[2]] = image
        return batch

    def hidden(self, ids: list[int]) -> list[bool]:
        """Choose whole words, in WordPiece's sense, until enough tokens are hidden."""
        words: list[list[int]] = []
        for place, token in enumerate(self.fast.convert_ids_to_tokens(ids)):
            if token in self.special:
                continue
            if words and token.startswith("##"):
                words[-1].append(place)
            else:
                words.append([place])
        self.draw.shuffle(words)
        chosen: set[int] = set()
        for word in words:
            if len(chosen) + len(word) <= max(1, round(TEXT_RATIO * len(ids))):
                chosen.update(word)
        return [place in chosen for place in range(len(ids))]

    def hide(self, ids: Tensor, hidden: Tensor) -> Tensor:
        draw = torch.rand(ids.shape)
        shown = ids.masked_fill(hidden & (draw < SHOW_MASK), self.fast.mask_token_id)
        is_random = hidden & (draw >= SHOW_MASK) & (draw < SHOW_MASK + SHOW_RANDOM)
        return torch.where(is_random, torch.randint(len(self.fast), ids.shape), shown)
