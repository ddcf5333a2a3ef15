"""A model of a few thousand weights, its method and its recipe, which many tests share."""

from typing import Any

from m3ae.disk.identity import Identity
from m3ae.engine.params import DeepSpeedParams
from m3ae.method import Method
from m3ae.model.config import ModelConfig
from m3ae.model.params import ModelParams
from m3ae.pretrain.params import PretrainParams

VOCABULARY, NUM_TOKENS = 40, 9
ALL_ON = {"mlm": 1.0, "mim": 1.0, "itm": 1.0}
METHOD = Method(
    mask_ratio=0.75,
    text_mask_ratio=0.3,
    mim_layer=3,
    mlm_layer=-1,
    mim_decoder="transformer",
    mlm_decoder="mlp",
    objectives=ALL_ON,
    views="shared",
    negatives="batch",
    masked_words="whole",
)
DEEPSPEED = DeepSpeedParams(
    offload_optimizer="none", offload_parameters="none", recompute="none", loss_scale=0, communication="own", cpu_processes=2
)


def model(width: int = 16, depth: int = 2, heads: int = 2, dropout: float = 0.0, text_tokens: int = NUM_TOKENS) -> ModelParams:
    """Return sizes that are the same for all parts: images of 32 px in patches of 8, `depth` blocks in the vision encoder."""
    return ModelParams(
        image_px=32,
        patch_px=8,
        vision_encoder="scratch",
        vision_width=width,
        vision_depth=depth,
        vision_heads=heads,
        text_encoder="scratch",
        text_tokens=text_tokens,
        text_width=width,
        text_depth=1,
        text_heads=heads,
        fusion_width=width,
        fusion_depth=4,
        fusion_heads=heads,
        dropout=dropout,
        decoder_width=width,
        decoder_depth=1,
        decoder_heads=heads,
    )


def config(params: ModelParams, vocabulary: int = VOCABULARY) -> ModelConfig:
    return ModelConfig(model=params, method=METHOD.reconstruction(), objectives=tuple(ALL_ON), vocabulary=vocabulary)


def recipe(**changed: Any) -> PretrainParams:
    values = {
        "batch": 8,
        "micro_batch": 2,
        "learning_rate": 1e-3,
        "head_factor": 2,
        "fusion_factor": 3,
        "weight_decay": 0.01,
        "decayed_norms": "none",
        "clip_norm": 1.0,
        "warmup_share": 0.25,
        "zero_stage": 0,
        "precision": "fp32",
        "pad_to": 1,
        "steps": 10,
        "validate_every_steps": 1,
        "save_every_steps": 1,
        "sort_by_length": False,
        "compile": "none",
        "deterministic": True,
    }
    return PretrainParams(**values | changed)


def identity(**parameters: Any) -> Identity:
    return Identity("pretrain", parameters, {}, {})
