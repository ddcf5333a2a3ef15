"""A model's sizes, read off the tensors of an authors' file; what tensors cannot show comes from its settings."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from torch import Tensor
from transformers import BertConfig, RobertaConfig

from m3ae.authors.files import AuthorsFile
from m3ae.method import Reconstruction
from m3ae.model.config import ModelConfig, problems
from m3ae.model.params import SCRATCH, ModelParams
from m3ae.model.text import PADDING_ID

PUBLISHED_DROPOUT = 0.1  # BERT's and RoBERTa's own, which the authors leave as it is
CLIP_HEAD_WIDTH = 64  # CLIP's heads are as wide whatever the width
OBJECTIVES = {"mlm": "mlm_head.bias", "mim": "mim_head.mask_token", "itm": "itm_head.fc.bias"}
TASKS = {"answer": "vqa_head.0.bias", "classify": "cls_head.0.bias", "retrieval": "irtr_head.bias"}

LABELS = ("vqa_head.3.bias", "cls_head.3.bias")


def model_config(file: AuthorsFile, path: Path) -> ModelConfig:
    """Read a model's configuration off a file. Raises `SystemExit` where a tensor or a setting that shows a size is missing."""
    question = "is this one of the authors' files?"
    try:
        return read_config(file.weights, file.settings)
    except KeyError as error:
        missing = error.args[0]
        raise SystemExit(f"{path}: {missing} is missing, and a size of the model with it; {question}") from None
    except ValidationError as error:
        raise SystemExit(f"{path}: no model of this project has these sizes ({problems(error)}); {question}") from None
    except (TypeError, ValueError, AttributeError, IndexError, ArithmeticError) as error:
        said = " ".join(str(error).split())
        raise SystemExit(f"{path}: its tensors and settings tell no sizes of a model ({said}); {question}") from None


def read_config(weights: dict[str, Tensor], settings: dict[str, Any]) -> ModelConfig:
    task = next((name for name, head in TASKS.items() if head in weights), None)
    return ModelConfig(
        model=model_params(weights, settings),
        method=Reconstruction(mim_layer=settings["mim_layer"], mlm_layer=-1, mim_decoder="transformer", mlm_decoder="mlp"),
        objectives=(task,) if task else tuple(name for name, head in OBJECTIVES.items() if head in weights),
        vocabulary=len(weights["language_encoder.embeddings.word_embeddings.weight"]),
        num_labels=next((len(weights[name]) for name in LABELS if name in weights), 0),
        text=text_config(weights, settings),
    )


def model_params(weights: dict[str, Tensor], settings: dict[str, Any]) -> ModelParams:
    patch_px = weights["vision_encoder.visual.conv1.weight"].shape[-1]
    side = int((len(weights["vision_encoder.visual.positional_embedding"]) - 1) ** 0.5)
    vision_width = len(weights["vision_encoder.visual.class_embedding"])
    text = text_sizes(weights, settings)
    return ModelParams(
        image_px=side * patch_px,
        patch_px=patch_px,
        vision_encoder=SCRATCH,
        vision_width=vision_width,
        vision_depth=count(weights, r"vision_encoder\.visual\.transformer\.resblocks\.(\d+)\."),
        vision_heads=settings.get("vision_heads", vision_width // CLIP_HEAD_WIDTH),
        text_encoder=SCRATCH,
        text_tokens=settings["max_text_len"],
        text_width=text["hidden_size"],
        text_depth=text["num_hidden_layers"],
        text_heads=text["num_attention_heads"],
        fusion_width=weights["multi_modal_vision_proj.weight"].shape[0],
        fusion_depth=count(weights, r"multi_modal_vision_layers\.(\d+)\."),
        fusion_heads=settings["num_heads"],
        dropout=settings["drop_rate"],
        **decoder_sizes(weights, settings),
    )


def decoder_sizes(weights: dict[str, Tensor], settings: dict[str, Any]) -> dict[str, int]:
    """Return the sizes of the pixel decoder; a fine-tuned file has none, and says in its settings how large it was."""
    return {
        "decoder_width": settings["mim_decoder_hidden_size"],
        "decoder_depth": settings["mim_decoder_num_layers"],
        "decoder_heads": settings["mim_decoder_num_heads"],
    }


def text_sizes(weights: dict[str, Tensor], settings: dict[str, Any]) -> dict[str, int]:
    vocabulary, width = weights["language_encoder.embeddings.word_embeddings.weight"].shape
    return {
        "vocab_size": vocabulary,
        "hidden_size": width,
        "num_hidden_layers": count(weights, r"language_encoder\.encoder\.layer\.(\d+)\."),
        "num_attention_heads": settings.get("text_heads", width // CLIP_HEAD_WIDTH),  # BERT's and RoBERTa's heads are 64 wide, too
        "intermediate_size": len(weights["language_encoder.encoder.layer.0.intermediate.dense.bias"]),
        "max_position_embeddings": len(weights["language_encoder.embeddings.position_embeddings.weight"]),
        "type_vocab_size": len(weights["language_encoder.embeddings.token_type_embeddings.weight"]),
    }


def text_config(weights: dict[str, Tensor], settings: dict[str, Any]) -> dict[str, Any]:
    """Return a BERT's configuration where the tokenizer's name says BERT, else a RoBERTa's, as their published models have it."""
    dropout = settings.get("text_drop_rate", PUBLISHED_DROPOUT)
    sizes = {**text_sizes(weights, settings), "hidden_dropout_prob": dropout, "attention_probs_dropout_prob": dropout}
    if not isinstance(name := settings["tokenizer"], str):
        raise ValueError(f"tokenizer = {name!r} is no name")
    if "bert" in name.lower() and "roberta" not in name.lower():
        return BertConfig(**sizes).to_diff_dict()
    return RobertaConfig(**sizes, layer_norm_eps=1e-5, pad_token_id=PADDING_ID).to_diff_dict()


def count(names: Iterable[str], pattern: str) -> int:
    """Return how many different numbers stand in the pattern's group. Raises `KeyError` where none does."""
    found = {match[1] for name in names if (match := re.match(pattern, name))}
    if not found:
        raise KeyError(pattern)
    return len(found)
