"""The language encoder: any Hugging Face BERT or RoBERTa, from scratch or pre-trained. Paper, section 2.1.

Shapes: B pairs, L text tokens, D text width.
"""

from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, PreTrainedModel, RobertaConfig, RobertaModel

from m3ae.model.initial import deviation
from m3ae.model.params import ModelParams
from m3ae.model.vision import SCRATCH

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
    """The encoder that `described`, a Hugging Face configuration, or else `params` names.

    Raises OSError, with the remedy, where its published weights or sizes cannot be had.
    """
    if described is not None and not load_weights:
        return TextEncoder(AutoModel.from_config(AutoConfig.for_model(**described), add_pooling_layer=False))
    if params.text_encoder == SCRATCH:
        return TextEncoder(RobertaModel(scratch_config(params, vocabulary), add_pooling_layer=False))
    try:
        encoder = TextEncoder(published_transformer(params.text_encoder, load_weights))
    except OSError as error:
        raise OSError(f"params.yaml: text_encoder = {params.text_encoder!r} cannot be loaded ({error}); "
                      "give a name that a hub or the local cache holds, a local folder, or 'scratch'") from error  # fmt: skip
    check_size(params, encoder)
    return encoder


def published_transformer(name: str, load_weights: bool) -> PreTrainedModel:
    if load_weights:
        return AutoModel.from_pretrained(name, add_pooling_layer=False, dtype=torch.float32)
    return AutoModel.from_config(AutoConfig.from_pretrained(name), add_pooling_layer=False)


def scratch_config(params: ModelParams, vocabulary: int) -> RobertaConfig:
    return RobertaConfig(
        vocab_size=vocabulary, hidden_size=params.text_width, num_hidden_layers=params.text_depth,
        num_attention_heads=params.text_heads, intermediate_size=4 * params.text_width, layer_norm_eps=1e-5,
        hidden_dropout_prob=params.dropout, attention_probs_dropout_prob=params.dropout,
        max_position_embeddings=512 + FIRST_POSITION, type_vocab_size=1, pad_token_id=PADDING_ID,
        initializer_range=deviation(params.text_width),
    )  # fmt: skip


def check_size(params: ModelParams, encoder: TextEncoder) -> None:
    config = encoder.transformer.config
    found = (config.hidden_size, config.num_hidden_layers, config.num_attention_heads)
    wanted = (params.text_width, params.text_depth, params.text_heads)
    if found != wanted:
        raise ValueError(f"{params.text_encoder} has (width, depth, heads) {found}, params.yaml says {wanted}")
