"""The language encoder: any Hugging Face BERT or RoBERTa, from scratch or pre-trained. Paper, section 2.1.

Shapes: B pairs, L text tokens, D text width.
"""

from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, PreTrainedModel, RobertaConfig, RobertaModel

from m3ae.model.described import TEXT_KINDS
from m3ae.model.init import std
from m3ae.model.params import SCRATCH, ModelParams

PADDING_ID = 1  # RoBERTa's; its positions are counted from it
FIRST_POSITION = PADDING_ID + 1


class TextEncoder(nn.Module):
    """Token ids (B, L) and their mask (B, L; 1 = a token, 0 = padding) -> features of the last layer (B, L, D)."""

    def __init__(self, transformer: PreTrainedModel):
        super().__init__()
        self.transformer = transformer
        self.width = transformer.config.hidden_size
        self.vocabulary = transformer.config.vocab_size

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        return self.transformer(input_ids=ids, attention_mask=mask).last_hidden_state


def build_text_encoder(params: ModelParams, vocabulary: int, described: dict[str, Any] | None, load_weights: bool) -> TextEncoder:
    """Build the text encoder that `described`, a Hugging Face configuration, or else `params` names.

    Raises `OSError`, with the remedy, where its published weights or sizes cannot be had, and `ValueError` where it is no BERT or
    RoBERTa, or its sizes are not those of `params` and the tokenizer's `vocabulary`.
    """
    if described is not None and not load_weights:
        return TextEncoder(AutoModel.from_config(AutoConfig.for_model(**described), add_pooling_layer=False))
    if params.text_encoder == SCRATCH:
        return TextEncoder(RobertaModel(scratch_config(params, vocabulary), add_pooling_layer=False))
    try:
        encoder = TextEncoder(published_transformer(params.text_encoder, load_weights))
    except OSError as error:
        raise OSError(
            f"text_encoder = {params.text_encoder!r} cannot be loaded ({error}); "
            "give a name that a hub or the local cache holds, a local folder, or 'scratch'"
        ) from error
    check_size(params, vocabulary, encoder)
    return encoder


def published_transformer(name: str, load_weights: bool) -> PreTrainedModel:
    config = AutoConfig.from_pretrained(name)
    if config.model_type not in TEXT_KINDS:
        raise ValueError(f"text_encoder = {name!r} is a {config.model_type}; the text encoder is one of {', '.join(TEXT_KINDS)}")
    if load_weights:
        return AutoModel.from_pretrained(name, add_pooling_layer=False, dtype=torch.float32)
    return AutoModel.from_config(config, add_pooling_layer=False)


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
        max_position_embeddings=512 + FIRST_POSITION,
        type_vocab_size=1,
        pad_token_id=PADDING_ID,
        initializer_range=std(params.text_width),
    )


def check_size(params: ModelParams, vocabulary: int, encoder: TextEncoder) -> None:
    config = encoder.transformer.config
    found = {"text_width": config.hidden_size, "text_depth": config.num_hidden_layers, "text_heads": config.num_attention_heads}
    wrong = [f"{name} {getattr(params, name)} (it has {size})" for name, size in found.items() if getattr(params, name) != size]
    if vocabulary > config.vocab_size:
        wrong.append(f"a tokenizer of {vocabulary} tokens (it knows {config.vocab_size}; tokenizer.source names the encoder's own)")
    longest = config.max_position_embeddings - (config.pad_token_id + 1 if config.model_type == "roberta" else 0)
    if params.text_tokens > longest:
        wrong.append(f"text_tokens {params.text_tokens} (it reads {longest})")
    if wrong:
        raise ValueError(f"{params.text_encoder} does not have the sizes that are given: {', '.join(wrong)}")
