"""Activation checkpointing: a block keeps what enters it and computes the rest again in the backward pass, dropout included."""

from functools import partial

from timm.models.swin_transformer import SwinTransformerBlock
from timm.models.vision_transformer import Block
from torch import nn
from torch.utils.checkpoint import checkpoint
from transformers.models.bert.modeling_bert import BertLayer
from transformers.models.mpnet.modeling_mpnet import MPNetLayer
from transformers.models.roberta.modeling_roberta import RobertaLayer

from m3ae.model.fusion import FusionLayer

BLOCKS = (Block, SwinTransformerBlock, BertLayer, RobertaLayer, MPNetLayer, FusionLayer)


def recompute_blocks(model: nn.Module) -> None:
    """Checkpoint the activations of every block of `model` from now on.

    Shapes are not compared between the two passes: in between, ZeRO-3 releases a weight's values, and its shape with them.
    """
    for module in model.modules():
        if isinstance(module, BLOCKS):
            whole = partial(checkpoint, module.forward, use_reentrant=False, determinism_check="none")
            module.forward = whole  # type: ignore[method-assign]  # torch has no other way to wrap what is built already
