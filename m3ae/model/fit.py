"""Whether tokenizer, text encoder and the lengths of texts fit each other: what can be known before anything runs, of folders alone.

What a hub holds is known once the stages ask it. Transformers takes seconds to load: nothing here does without a folder to read.
"""

from pathlib import Path

from m3ae.batches.params import TRAINED
from m3ae.disk.folders import is_missing_folder
from m3ae.model.config import ModelConfig
from m3ae.model.params import SCRATCH, SCRATCH_POSITIONS, ModelParams

Lengths = dict[str, int]  # a parameter's name -> the most tokens of a text that it allows


def check_texts(model: ModelParams, source: str, lengths: Lengths) -> None:
    """Raise `ValueError` where the encoder that `model` names, the tokenizer `source` or a length does not suit the others."""
    for name, value in (("tokenizer.source", source), ("model.text_encoder", model.text_encoder)):
        if is_missing_folder(value):
            raise ValueError(f"{name} = {value!r}: no such folder")
    if model.text_encoder != SCRATCH and source == TRAINED:
        own = f"text_encoder = {model.text_encoder!r} was trained with a tokenizer of its own"
        raise ValueError(f"{own}; name it as tokenizer.source, too")
    vocabulary = num_tokens(source) if source != TRAINED and Path(source).is_dir() else 0
    if model.text_encoder == SCRATCH:
        check_lengths("a text encoder from scratch", SCRATCH_POSITIONS, lengths)
    elif Path(model.text_encoder).is_dir():
        check_encoder(model, vocabulary, lengths)


def num_tokens(source: str) -> int:
    from m3ae.batches.tokenizer import fetch

    return len(fetch(source))


def check_encoder(model: ModelParams, vocabulary: int, lengths: Lengths) -> None:
    from m3ae.model.text import check_size, num_positions, published_config

    config = published_config(model.text_encoder)
    check_size(model, vocabulary, config)
    check_lengths(f"text_encoder = {model.text_encoder!r}", num_positions(config), lengths)


def check_model(config: ModelConfig, sizes: dict[str, tuple[int, int]]) -> None:
    """Raise `ValueError` where a saved model cannot be fine-tuned at one of `sizes`: a task's image side in px and text length."""
    from m3ae.model.text import described_config, num_positions

    positions = num_positions(described_config(config.text)) if config.text else SCRATCH_POSITIONS
    check_lengths("it", positions, {f"finetune.{task}.text_tokens": text_tokens for task, (_, text_tokens) in sizes.items()})
    for task, (image_px, _) in sizes.items():
        if image_px % config.model.patch_px:
            raise ValueError(f"it has patches of {config.model.patch_px} px, and image_px {image_px} of {task} is not a multiple of it")


def check_lengths(name: str, positions: int, lengths: Lengths) -> None:
    if too_long := [f"{key} {length}" for key, length in lengths.items() if length > positions]:
        raise ValueError(f"{name} reads {positions} tokens of a text, fewer than {', '.join(too_long)}")
