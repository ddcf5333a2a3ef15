"""Tokens of numbered texts, encoded when they are first asked for: that takes longer than all else about a stored image.

Shapes: B texts, L tokens of the longest one, rounded up.
"""

import mmap
from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import DTypeLike

from m3ae.batches.masking import NO_WORD
from m3ae.batches.tokenizer import Tokenizer, Tokens

MOST_REMEMBERED = 4_000_000  # texts, 1 GB of them at 64 tokens; of more than that a run reads few twice


class TokenCache:
    """Texts cut to `most_tokens`, a multiple of `multiple`, and padded to the longest and such a multiple, as the tokenizer gives them.

    The loader's processes, which are forked from this one, fill and read the same memory.
    """

    def __init__(self, tokenizer: Tokenizer, num_texts: int, most_tokens: int, multiple: int):
        self.tokenizer, self.most_tokens, self.multiple = tokenizer, most_tokens, multiple
        self.remembers = num_texts <= MOST_REMEMBERED
        slots = num_texts if self.remembers else 0
        self.ids = shared_memory((slots, most_tokens), np.uint16 if len(tokenizer) <= 2**16 else np.int32)
        self.words = shared_memory((slots, most_tokens), np.int16)
        self.lengths = shared_memory((num_texts,), np.uint16)  # 0: not encoded yet

    def __call__(self, numbers: Sequence[int], text: Callable[[int], str]) -> Tokens:
        """Return the tokens of the texts with these numbers; `text` is asked for those that are not remembered."""
        if not self.remembers:
            return self.tokenizer([text(number) for number in numbers], self.most_tokens, self.multiple)
        lengths = self.lengths_of(numbers, text)
        width = -(-int(lengths.max()) // self.multiple) * self.multiple
        mask = np.arange(width) < lengths[:, None]
        ids, words = (stored[numbers, :width].astype(np.int64) for stored in (self.ids, self.words))
        return Tokens(*map(torch.from_numpy, (ids, mask.astype(np.int64), words)))

    def lengths_of(self, numbers: Sequence[int], text: Callable[[int], str]) -> np.ndarray:
        """Return how many tokens each of these texts has, uint16 (B,); those that are remembered are encoded for it."""
        if unknown := [number for number in dict.fromkeys(numbers) if not self.lengths[number]]:
            texts = [text(number) for number in unknown]
            if self.remembers:
                self.remember(unknown, self.tokenizer(texts, self.most_tokens))
            else:
                self.lengths[unknown] = self.tokenizer.lengths(texts, self.most_tokens)
        return self.lengths[numbers]

    def remember(self, numbers: Sequence[int], tokens: Tokens) -> None:
        padding = self.tokenizer.fast.pad_token_id
        for number, ids, mask, words in zip(numbers, *(part.numpy() for part in tokens), strict=True):
            there = mask.astype(bool)
            length = int(there.sum())
            self.ids[number, :length], self.ids[number, length:] = ids[there], padding
            self.words[number, :length], self.words[number, length:] = words[there], NO_WORD
            self.lengths[number] = length  # last: who reads another process's text sees all of it


def shared_memory(shape: tuple[int, ...], dtype: DTypeLike) -> np.ndarray:
    """Return zeros that a forked process shares; a page takes memory once it is written to."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    return np.frombuffer(mmap.mmap(-1, max(1, size)), dtype, int(np.prod(shape))).reshape(shape)
