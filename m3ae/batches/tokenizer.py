"""Texts -> token ids with word boundaries; and a byte-level BPE trained on the texts at hand.

Shapes: B texts, L tokens of the longest one.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from tokenizers import Regex, decoders, models, normalizers, pre_tokenizers, processors, trainers
from tokenizers import Tokenizer as BytePairs
from torch import Tensor
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from m3ae.batches.masking import NO_WORD
from m3ae.disk.json import FileError
from m3ae.disk.whole import require_whole_folder

SPECIAL = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")  # RoBERTa's, in its order of ids, the mask moved to the front
WORD_START = "\u0120"  # what byte-level BPE makes of the blank before a word
CONTINUATION = "##"  # what WordPiece puts before a word's later pieces
# A word keeps its hyphens and digits: "T2-weighted" is masked as a whole, for "-weighted" would give half of it away.
WORD = r" ?\w+(-\w+)*| ?[^\w\s]|\s+"


class Tokens(NamedTuple):
    ids: Tensor  # (B, L)
    mask: Tensor  # (B, L); 1 = a token, 0 = padding
    words: Tensor  # (B, L): the number of each token's word, NO_WORD for punctuation, special tokens and padding


class Tokenizer:
    """A Hugging Face fast tokenizer that also tells which tokens form a word."""

    def __init__(self, fast: PreTrainedTokenizerFast):
        self.fast = fast
        self.mask_id = fast.mask_token_id
        tokens = fast.convert_ids_to_tokens(range(len(fast)))
        self.is_wordlike = torch.tensor([says_something(token) for token in tokens])
        self.continues = torch.tensor([token.startswith(CONTINUATION) for token in tokens])
        self.is_special = torch.isin(torch.arange(len(fast)), torch.tensor(fast.all_special_ids))
        self.ordinary_ids = torch.tensor(sorted(set(range(len(fast))) - set(fast.all_special_ids)))

    def __len__(self) -> int:
        return len(self.fast)

    def __call__(self, texts: Sequence[str], most_tokens: int, multiple: int = 1) -> Tokens:
        """Encode `texts`, cut to `most_tokens` (special ones included), padded to the longest, rounded up to a `multiple`."""
        cut = {"truncation": True, "max_length": most_tokens}
        encoded = self.fast(list(texts), **cut, padding=True, pad_to_multiple_of=multiple, return_tensors="pt")
        words = torch.tensor([[NO_WORD if word is None else word for word in encoded.word_ids(row)] for row in range(len(texts))])
        words[~self.is_wordlike[encoded["input_ids"]]] = NO_WORD
        return Tokens(encoded["input_ids"], encoded["attention_mask"], words)

    def wordpieces(self, ids: Tensor) -> Tensor:
        """Return the words (B, L) as the authors' code sees them: a `##` piece belongs to the token before it, others are words."""
        words = (~self.continues[ids]).cumsum(dim=1)
        return words.masked_fill(self.is_special[ids], NO_WORD)

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


def says_something(token: str) -> bool:
    """Return whether a token holds a letter or a digit, the mark of a word's beginning or continuation aside.

    # Differs: punctuation is never masked: it says nothing of the image, and its place is known from the words around it.
    # `masked_words: wordpieces` masks it, as the authors do.
    """
    return any(letter.isalnum() for letter in token.removeprefix(WORD_START))


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
    try:
        return AutoTokenizer.from_pretrained(source, trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise SystemExit(
            f"scales/<scale>.yaml: tokenizer.source = {source!r} cannot be loaded ({error}); "
            "give a name that a hub or the local cache holds, a local folder, or 'train'"
        ) from None
