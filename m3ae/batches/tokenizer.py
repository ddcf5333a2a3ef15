"""Texts -> token ids with word boundaries; and a byte-level BPE trained on the texts at hand.

Shapes: B texts, L tokens of the longest one.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from tokenizers import Encoding, Regex, decoders, models, normalizers, pre_tokenizers, processors, trainers
from tokenizers import Tokenizer as BytePairs
from torch import Tensor
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from m3ae.batches.masking import NO_WORD
from m3ae.disk.folders import is_missing_folder
from m3ae.disk.json import FileError
from m3ae.disk.whole import require_whole_folder
from m3ae.words import CHARACTER, says_something

SPECIAL = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")  # RoBERTa's, in its order of ids, the mask moved to the front
CONTINUATION = "##"  # what WordPiece puts before a word's later pieces
NUM_AT_ONCE = 1000  # texts that are measured together
BROKEN = "\ufffd"  # stands in the text of a token whose bytes are a part of a character
# A word keeps its hyphens and digits: "T2-weighted" is masked as a whole, for "-weighted" would give half of it away.
WORD = r" ?\w+(-\w+)*| ?[^\w\s]|\s+"


class Tokens(NamedTuple):
    ids: Tensor  # (B, L)
    mask: Tensor  # (B, L); 1 = a token, 0 = padding
    words: Tensor  # (B, L): the number of each token's word, NO_WORD for punctuation, special tokens and padding


class Tokenizer:
    """A Hugging Face fast tokenizer that also tells which tokens form a word.

    # Differs: punctuation is never masked: it says nothing of the image, and its place is known from the words around it.
    # `masked_words: wordpieces` masks it, as the authors do.
    """

    def __init__(self, fast: PreTrainedTokenizerFast):
        self.fast = fast
        self.mask_id = fast.mask_token_id
        tokens, texts = fast.convert_ids_to_tokens(list(range(len(fast)))), token_texts(fast)
        self.is_wordlike = torch.tensor([says_something(text) for text in texts])
        self.is_broken = torch.tensor([BROKEN in text for text in texts])
        self.continues = torch.tensor([token.startswith(CONTINUATION) for token in tokens])
        self.is_special = torch.isin(torch.arange(len(fast)), torch.tensor(fast.all_special_ids))
        self.ordinary_ids = torch.tensor(sorted(set(range(len(fast))) - set(fast.all_special_ids)))

    def __len__(self) -> int:
        return len(self.fast)

    def __call__(self, texts: Sequence[str], most_tokens: int, multiple: int = 1) -> Tokens:
        """Encode `texts`, cut to `most_tokens` (special ones included), padded to the longest, rounded up to a `multiple`."""
        encoded = self.encoded(texts, most_tokens, multiple, return_tensors="pt")
        ids = encoded["input_ids"]
        words = torch.tensor([word_numbers(text, encoding) for text, encoding in zip(texts, encoded.encodings, strict=True)])
        is_wordlike = self.is_wordlike[ids]
        for row, place in self.is_broken[ids].nonzero().tolist():  # what it is a part of, the text tells
            is_wordlike[row, place] = says_something(texts[row][slice(*encoded.token_to_chars(row, place))])
        return Tokens(ids, encoded["attention_mask"], words.masked_fill(~is_wordlike, NO_WORD))

    def wordpieces(self, ids: Tensor) -> Tensor:
        """Return the words (B, L) as the authors' code sees them: a `##` piece belongs to the token before it, others are words."""
        words = (~self.continues[ids]).cumsum(dim=1)
        return words.masked_fill(self.is_special[ids], NO_WORD)

    def spans(self, texts: Sequence[str], most_tokens: int, multiple: int = 1) -> Tensor:
        """Return which characters of its text each token stands for (B, L, 2): the first, and the first after it; cut and padded alike."""
        return torch.tensor(self.encoded(texts, most_tokens, multiple, return_offsets_mapping=True)["offset_mapping"])

    def encoded(self, texts: Sequence[str], most_tokens: int, multiple: int, **returned: Any) -> Any:
        cut = {"truncation": True, "max_length": most_tokens}
        return self.fast(list(texts), **cut, padding=True, pad_to_multiple_of=multiple, **returned)

    def lengths(self, texts: Iterable[str], most_tokens: int) -> list[int]:
        """Return how many tokens each text has, special ones included, once it is cut to `most_tokens`."""
        return list(encoded_lengths(texts, self.fast, truncation=True, max_length=most_tokens))

    @classmethod
    def load(cls, folder: Path) -> "Tokenizer":
        """Load a tokenizer's or a model's folder. Raises `FileError` where its files are cut, changed or no tokenizer's."""
        remedy = f"`rm -r {folder} && dvc repro` brings it back, or copy the folder again, whole"
        require_whole_folder(folder, remedy)
        try:
            return cls(PreTrainedTokenizerFast.from_pretrained(folder))
        except Exception as error:  # whatever the libraries say to files that are no tokenizer's
            said = " ".join(f"{type(error).__name__}: {error}".split())[:300]
            raise FileError(f"{folder / 'tokenizer.json'}, or a file beside it: cannot be read as a tokenizer ({said}); {remedy}") from None


def token_texts(fast: PreTrainedTokenizerFast) -> list[str]:
    """Return what each token of the vocabulary stands for: of a byte-level one the characters that its bytes make."""
    tokens, decoder = fast.convert_ids_to_tokens(list(range(len(fast)))), fast.backend_tokenizer.decoder
    return [decoder.decode([token]) for token in tokens] if decoder else list(tokens)


def word_numbers(text: str, encoding: Encoding) -> list[int]:
    """Return the number of each token's word, NO_WORD where it belongs to none.

    A word is what the tokenizer's own rules part, but a character of a script without blanks is a word of its own. Tokens that share a
    character, each having some of its bytes, share the word; one token of several characters is a word.
    """
    starts = {place for character in CHARACTER.finditer(text) for place in character.span()}
    if not starts:
        return [NO_WORD if word is None else word for word in encoding.word_ids]
    numbers, number, last_word, last_end = [], NO_WORD, None, 0
    for word, (start, end) in zip(encoding.word_ids, encoding.offsets, strict=True):
        if word is not None and (word != last_word or (start in starts and start >= last_end)):
            number += 1
        numbers.append(NO_WORD if word is None else number)
        last_word, last_end = word, end
    return numbers


def train(texts: Iterable[str], vocabulary: int) -> PreTrainedTokenizerFast:
    """Train a lower-case byte-level BPE in RoBERTa's form, of at most `vocabulary` tokens."""
    bpe = BytePairs(models.BPE())
    bpe.normalizer = normalizers.Sequence([normalizers.Lowercase(), normalizers.Prepend(" ")])
    bpe.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(WORD), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        min_frequency=2,
        special_tokens=list(SPECIAL),
        show_progress=False,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
    )
    bpe.train_from_iterator(texts, trainer=trainer)
    begin, padding, end, unknown, mask = SPECIAL
    bpe.post_processor = processors.RobertaProcessing((end, SPECIAL.index(end)), (begin, SPECIAL.index(begin)), trim_offsets=False)
    return PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        bos_token=begin,
        cls_token=begin,
        pad_token=padding,
        eos_token=end,
        sep_token=end,
        unk_token=unknown,
        mask_token=mask,
    )


def fetch(source: str) -> PreTrainedTokenizerFast:
    """Fetch a published tokenizer by name or folder. Raises `SystemExit`, with the remedy, where it cannot be had."""
    if is_missing_folder(source):  # a hub would be asked for it, again and again where none can be reached
        raise unusable(source, "cannot be loaded (no such folder)")
    try:
        fast: Any = AutoTokenizer.from_pretrained(source, trust_remote_code=False)
    except Exception as error:  # transformers' and tokenizers' own, of many kinds
        raise unusable(source, f"cannot be loaded ({error})") from None
    return fast


def fetch_to_train_with(source: str) -> PreTrainedTokenizerFast:
    """Fetch a published tokenizer. Raises `SystemExit`, with the remedy, where it cannot be had, or pre-training could not use it."""
    fast = fetch(source)
    if not fast.is_fast:
        raise SystemExit(f"{named(source)} does not tell which tokens form a word; give one that has a tokenizer.json")
    if missing := missing_token(fast):
        raise SystemExit(f"{named(source)} has no {missing} token; give one of a BERT or RoBERTa")
    return fast


def named(source: str) -> str:
    return f"scales/<scale>.yaml: tokenizer.source = {source!r}"


def unusable(source: str, reason: str) -> SystemExit:
    return SystemExit(f"{named(source)} {reason}; give a name that a hub or the local cache holds, a local folder, or 'train'")


def missing_token(fast: PreTrainedTokenizerFast) -> str | None:
    """Return the first special token that the model needs and the tokenizer has not, or has and does not write around a text."""
    around = fast("")["input_ids"]
    has = {
        "mask": fast.mask_token_id is not None,
        "padding": fast.pad_token_id is not None,
        "begin": around[:1] in ([fast.cls_token_id], [fast.bos_token_id]),
        "end": len(around) > 1 and around[-1] in (fast.sep_token_id, fast.eos_token_id),
    }
    return next((name for name, is_there in has.items() if not is_there), None)


class Lengths(NamedTuple):
    """How long texts are in tokens, special ones included."""

    texts: int
    tokens: int
    longest: int
    cut: int  # texts that are longer than the model reads


def measured(texts: Iterable[str], fast: PreTrainedTokenizerFast, most_tokens: int) -> Lengths:
    """Encode all texts uncut, and return their lengths against the `most_tokens` that the model reads."""
    lengths = np.fromiter(encoded_lengths(texts, fast, verbose=False), np.int32)
    return Lengths(len(lengths), int(lengths.sum()), int(lengths.max(initial=0)), int((lengths > most_tokens).sum()))


def encoded_lengths(texts: Iterable[str], fast: PreTrainedTokenizerFast, **options: Any) -> Iterator[int]:
    for some in batched(texts, NUM_AT_ONCE):
        yield from map(len, fast(some, **options)["input_ids"])


def batched(texts: Iterable[str], size: int) -> Iterator[list[str]]:
    rest = iter(texts)
    while some := list(islice(rest, size)):
        yield some
