"""What each of our weights is called in the authors' files."""

import re

# Ours -> the authors', tried in this order; `{depth}` is the number of blocks in the pixel decoder.
RULES = (
    (r"^backbone\.vision\.class_token$", "vision_encoder.visual.class_embedding"),
    (r"^backbone\.vision\.positions$", "vision_encoder.visual.positional_embedding"),
    (r"^backbone\.vision\.patch_embed\.proj\.", "vision_encoder.visual.conv1."),
    (r"^backbone\.vision\.norm_before\.", "vision_encoder.visual.ln_pre."),
    (r"^backbone\.vision\.norm_after\.", "vision_encoder.visual.ln_post."),
    (r"^backbone\.vision\.blocks\.", "vision_encoder.visual.transformer.resblocks."),
    (r"^backbone\.text\.transformer\.", "language_encoder."),
    (r"^backbone\.text_projection\.", "multi_modal_language_proj."),
    (r"^backbone\.image_projection\.", "multi_modal_vision_proj."),
    (r"^backbone\.modality\.", "modality_type_embeddings."),
    (r"^backbone\.fusion\.text_layers\.", "multi_modal_language_layers."),
    (r"^backbone\.fusion\.image_layers\.", "multi_modal_vision_layers."),
    (r"^backbone\.fusion\.text_pooler\.", "multi_modal_language_pooler."),
    (r"^backbone\.fusion\.image_pooler\.", "multi_modal_vision_pooler."),
    (r"^objectives\.mlm\.decoder\.words\.bias$", "mlm_head.bias"),
    (r"^objectives\.mlm\.decoder\.words\.", "mlm_head.decoder."),
    (r"^objectives\.mlm\.decoder\.transform\.0\.", "mlm_head.transform.dense."),
    (r"^objectives\.mlm\.decoder\.transform\.2\.", "mlm_head.transform.LayerNorm."),
    (r"^objectives\.mim\.decoder\.embed\.", "mim_head.decoder_embed."),
    (r"^objectives\.mim\.decoder\.pixels\.", "mim_head.decoder_pred."),
    (r"^objectives\.mim\.decoder\.mask_token$", "mim_head.mask_token"),
    (r"^objectives\.mim\.decoder\.mixer\.{depth}\.", "mim_head.decoder_norm."),
    (r"^objectives\.mim\.decoder\.mixer\.", "mim_head.decoder.resblocks."),
    (r"^objectives\.itm\.head\.", "itm_head.fc."),
    (r"^objectives\.answer\.head\.", "vqa_head."),
    (r"^objectives\.classify\.head\.", "cls_head."),
    (r"^objectives\.retrieval\.head\.", "irtr_head."),
)
BLOCK = {  # a block of the vision encoder and of the pixel decoder
    "norm1": "ln_1",
    "norm2": "ln_2",
    "attn.proj": "attn.out_proj",
    "mlp.fc1": "mlp.c_fc",
    "mlp.fc2": "mlp.c_proj",
    "attn.qkv.weight": "attn.in_proj_weight",
    "attn.qkv.bias": "attn.in_proj_bias",
}
FUSION_LAYER = {
    "own.query": "attention.self.query",
    "own.key": "attention.self.key",
    "own.value": "attention.self.value",
    "own.out": "attention.output.dense",
    "own.norm": "attention.output.LayerNorm",
    "cross.query": "crossattention.self.query",
    "cross.key": "crossattention.self.key",
    "cross.value": "crossattention.self.value",
    "cross.out": "crossattention.output.dense",
    "cross.norm": "crossattention.output.LayerNorm",
    "feed_forward.0": "intermediate.dense",
    "feed_forward.2": "output.dense",
    "norm": "output.LayerNorm",
}
IN_BLOCKS = re.compile(r"(.*\.resblocks\.\d+\.)(.*)")
IN_FUSION = re.compile(r"(multi_modal_\w+_layers\.\d+\.)(.*)")


def authors_name(name: str, decoder_depth: int) -> str:
    """Return the authors' name of one of our weights. Raises `ValueError` where their files have no such weight."""
    for pattern, start in RULES:
        found, count = re.subn(pattern.replace("{depth}", str(decoder_depth)), start, name)
        if count:
            return inner(found)
    raise ValueError(f"{name} has no place in the authors' files")


def inner(name: str) -> str:
    """Return `name` with the part inside a block or a layer renamed, too."""
    for pattern, parts in ((IN_BLOCKS, BLOCK), (IN_FUSION, FUSION_LAYER)):
        if match := pattern.fullmatch(name):
            return match[1] + replaced(match[2], parts)
    return name


def replaced(rest: str, parts: dict[str, str]) -> str:
    ours = next(part for part in parts if rest == part or rest.startswith(f"{part}."))
    return parts[ours] + rest.removeprefix(ours)
