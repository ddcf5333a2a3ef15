"""The language encoder: any Hugging Face BERT, RoBERTa or MPNet, from scratch or pre-trained. Paper, section 2.1.

Shapes: B pairs, L text tokens, D text width.
"""

from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, PreTrainedConfig, PreTrainedModel, RobertaConfig, RobertaModel

from m3ae.disk.folders import is_missing_folder
from m3ae.model.described import TEXT_KINDS
from m3ae.model.init import std
from m3ae.model.params import SCRATCH, SCRATCH_POSITIONS, ModelParams

PADDING_ID = 1  # RoBERTa's; its positions are counted from it
FIRST_POSITION = PADDING_ID + 1
COUNTED_FROM_PADDING = ("roberta", "mpnet")  # their first position has the number after the padding token's


class TextEncoder(nn.Module):
    """Token ids (B, L) and their mask (B, L; 1 = a token, 0 = padding) -> features of the last layer (B, L, D).

    Of a flat mask transformers asks whether it masks anything, and waits for the GPU's answer: where it can be, the mask is given in the
    form that attention reads.
    """

    def __init__(self, transformer: PreTrainedModel):
        super().__init__()
        self.transformer = transformer
        self.width = transformer.config.hidden_size
        self.vocabulary = transformer.config.vocab_size
        self.reads_whole_mask = transformer.config._attn_implementation == "sdpa"

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        if self.reads_whole_mask:
            mask = mask.bool()[:, None, None, :]
        return self.transformer(input_ids=ids, attention_mask=mask).last_hidden_state


def build_text_encoder(params: ModelParams, vocabulary: int, described: dict[str, Any] | None, load_weights: bool) -> TextEncoder:
    """Build the text encoder that `described`, a Hugging Face configuration, or else `params` names.

    Raises `OSError`, with the remedy, where its published weights or sizes cannot be had, and `ValueError` where it is none of
    `TEXT_KINDS`, or its sizes are not those of `params` and the tokenizer's `vocabulary`.
    """
    if described is not None and not load_weights:
        return TextEncoder(AutoModel.from_config(described_config(described), add_pooling_layer=False))
    if params.text_encoder == SCRATCH:
        return TextEncoder(RobertaModel(scratch_config(params, vocabulary), add_pooling_layer=False))
    config = published_config(params.text_encoder)
    check_size(params, vocabulary, config)
    if not load_weights:
        return TextEncoder(AutoModel.from_config(config, add_pooling_layer=False))
    try:
        return TextEncoder(AutoModel.from_pretrained(params.text_encoder, add_pooling_layer=False, dtype=torch.float32))
    except OSError as error:
        raise not_to_be_had(params.text_encoder, error) from error


def published_config(name: str) -> PreTrainedConfig:
    """Return the configuration of a published encoder. Raises `OSError` where it cannot be had, `ValueError` where it is another kind."""
    if is_missing_folder(name):  # a hub would be asked for it, again and again where none can be reached
        raise not_to_be_had(name, "no such folder")
    try:
        config = AutoConfig.from_pretrained(name)
    except (OSError, ValueError) as error:
        raise not_to_be_had(name, error) from error
    if config.model_type not in TEXT_KINDS:
        raise ValueError(f"text_encoder = {name!r} is a {config.model_type}; the text encoder is one of {', '.join(TEXT_KINDS)}")
    return config


def not_to_be_had(name: str, reason: Exception | str) -> OSError:
    remedy = "give a name that a hub or the local cache holds, a local folder, or 'scratch'"
    return OSError(f"text_encoder = {name!r} cannot be loaded ({reason}); {remedy}")


def described_config(described: dict[str, Any]) -> PreTrainedConfig:
    """Return the configuration that a saved model's description means; what it does not say is its kind's default."""
    return AutoConfig.for_model(**described)


def scratch_config(params: ModelParams, vocabulary: int) -> RobertaConfig:
    return RobertaConfig(
        vocab_size=vocabulary,
        hidden_size=params.text_width,
        num_hidden_layers=params.text_depth,
        num_attention_heads=params.text_heads,
        intermediate_size=4 * params.text_width,
        layer_norm_eps=1e-5,
        hidden_dropout_prob=params.dropout,
        attention_probs_dropout_prob=params.dropout,
        max_position_embeddings=SCRATCH_POSITIONS + FIRST_POSITION,
        type_vocab_size=1,
        pad_token_id=PADDING_ID,
        initializer_range=std(params.text_width),
    )


def check_size(params: ModelParams, vocabulary: int, config: PreTrainedConfig) -> None:
    """Raise `ValueError` where the encoder's sizes are not those of `params`, or the tokenizer has more tokens than it knows."""
    found = {"text_width": config.hidden_size, "text_depth": config.num_hidden_layers, "text_heads": config.num_attention_heads}
    wrong = [f"{name} {getattr(params, name)} (it has {size})" for name, size in found.items() if getattr(params, name) != size]
    if vocabulary > config.vocab_size:
        wrong.append(f"a tokenizer of {vocabulary} tokens (it knows {config.vocab_size}; tokenizer.source names the encoder's own)")
    if params.text_tokens > num_positions(config):
        wrong.append(f"text_tokens {params.text_tokens} (it reads {num_positions(config)})")
    if wrong:
        raise ValueError(f"{params.text_encoder} does not have the sizes that are given: {', '.join(wrong)}")


def num_positions(config: PreTrainedConfig) -> int:
    """Return how many tokens of a text the encoder reads at most."""
    return config.max_position_embeddings - (config.pad_token_id + 1 if config.model_type in COUNTED_FROM_PADDING else 0)
