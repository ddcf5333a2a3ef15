"""What a model folder may say of its encoders: sizes and kinds of layers. Whoever made the folder, nothing in it is fetched, opened or run.

timm and transformers take far more under the same roof: addresses, paths of checkpoints, repositories of code.
"""

import re
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import AfterValidator

from m3ae.model.params import LARGEST, MOST_BLOCKS

NAME = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)?")  # of timm's list: no `hf-hub:`, no `local-dir:`
SHAPES_VISION = """
    model_name img_size patch_size in_chans num_classes global_pool embed_dim depth depths num_heads head_dim window_size mlp_ratio qkv_bias
    qk_norm scale_attn_norm scale_mlp_norm proj_bias init_values class_token pos_embed no_embed_class reg_tokens pre_norm final_norm fc_norm
    pool_include_prefix dynamic_img_size dynamic_img_pad strict_img_size always_partition drop_rate pos_drop_rate patch_drop_rate
    proj_drop_rate attn_drop_rate drop_path_rate weight_init fix_init embed_norm_layer norm_layer act_layer pretrained_window_sizes
"""
SHAPES_TEXT = """
    model_type vocab_size hidden_size num_hidden_layers num_attention_heads intermediate_size hidden_act hidden_dropout_prob
    attention_probs_dropout_prob max_position_embeddings type_vocab_size initializer_range layer_norm_eps pad_token_id bos_token_id
    eos_token_id
"""
VISION, TEXT = (frozenset(names.split()) for names in (SHAPES_VISION, SHAPES_TEXT))
WHERE_FROM = {"pretrained", "pretrained_cfg", "pretrained_cfg_overlay", "pretrained_model_args", "checkpoint_path", "cache_dir"}
BLOCKS = ("depth", "depths", "num_hidden_layers")
TEXT_KINDS = ("bert", "roberta")


def vision_only(described: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return timm's name and its arguments that shape the encoder. Raises ValueError at any other that does not say where it came from."""
    if described is None:
        return None
    if strange := sorted(described.keys() - VISION - WHERE_FROM):
        raise ValueError(f"{', '.join(strange)}: not among the arguments of timm that shape an encoder")
    if not NAME.fullmatch(str(described.get("model_name"))):
        raise ValueError(f"model_name = {described.get('model_name')!r}: not a name of timm's list")
    return plausible({key: value for key, value in described.items() if key in VISION})


def text_only(described: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the settings that shape a BERT or RoBERTa: any other one is dropped. Raises ValueError where it is neither."""
    if described is None:
        return None
    if described.get("model_type") not in TEXT_KINDS:
        raise ValueError(f"model_type = {described.get('model_type')!r}: the text encoder is one of {', '.join(TEXT_KINDS)}")
    return plausible({key: value for key, value in described.items() if key in TEXT})


def plausible(described: dict[str, Any]) -> dict[str, Any]:
    """Return `described`. Raises ValueError where it holds anything but names and numbers that a model can have."""
    for key, content in described.items():
        for value in scalars(content):
            most = MOST_BLOCKS if key in BLOCKS else LARGEST
            if isinstance(value, str) and not re.fullmatch(r"[\w.]{,64}", value):
                raise ValueError(f"{key}: {value[:64]!r} is no name of a layer")
            if isinstance(value, int | float) and not -1 <= value <= most:
                raise ValueError(f"{key} = {value}: no size of a model (allowed: at most {most})")
    return described


def scalars(content: Any) -> Iterator[Any]:
    """Yield the values of (nested) lists. Raises ValueError at a mapping."""
    if isinstance(content, dict):
        raise ValueError(f"{content}: a name, a number or a list of them expected")
    if isinstance(content, list | tuple):
        for part in content:
            yield from scalars(part)
    else:
        yield content


VisionDescription = Annotated[dict[str, Any] | None, AfterValidator(vision_only)]
TextDescription = Annotated[dict[str, Any] | None, AfterValidator(text_only)]
