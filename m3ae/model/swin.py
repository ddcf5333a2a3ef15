"""A Swin as vision encoder, for the objectives that see whole images. The authors' code offers it too.

Shapes: B pairs, N places of the last feature map, D its width, S image side in px.
"""

from typing import Any

from timm.layers import resize_rel_pos_bias_table_simple
from timm.models.swin_transformer import SwinTransformer
from timm.models.swin_transformer_v2 import SwinTransformerV2
from torch import Tensor, nn

TABLE = "relative_position_bias_table"
NEEDS_PATCHES = "its windows need every patch, so that none can be left out"


class SwinEncoder(nn.Module):
    """Images (B, 3, S, S) -> (B, N, D). There is no class token: the fusion's pooler reads the mean of all places."""

    has_class_token = False

    def __init__(self, transformer: SwinTransformer | SwinTransformerV2):
        super().__init__()
        self.transformer = transformer
        self.width = transformer.num_features
        stages: Any = transformer.layers
        self.depth = sum(len(stage.blocks) for stage in stages)
        self.heads = stages[-1].blocks[-1].attn.num_heads
        self.patch_px = transformer.feature_info[-1]["reduction"]  # a place of the last map sees this many px as its own

    def resized(self, weights: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return those of the same model's weights at another image size that have to change for this one, changed.

        A window shrinks with the feature map that it lies on, and its table of relative positions with it.
        """
        tables = {name: tensor for name, tensor in weights.items() if name.endswith(TABLE)}
        return {name: self.resized_table(name, table) for name, table in tables.items()}

    def resized_table(self, name: str, table: Tensor) -> Tensor:
        attention: Any = self.get_submodule(name.removesuffix(f".{TABLE}"))
        wanted = attention.relative_position_bias_table.shape
        return table if table.shape == wanted else resize_rel_pos_bias_table_simple(table, attention.window_size, wanted)

    def forward(self, images: Tensor, kept: Tensor | None = None) -> Tensor:
        if kept is not None:
            raise ValueError(f"a Swin cannot reconstruct pixels: {NEEDS_PATCHES}")
        dtype = next(self.transformer.parameters()).dtype
        return self.transformer.forward_features(images.to(dtype)).flatten(1, 2)
