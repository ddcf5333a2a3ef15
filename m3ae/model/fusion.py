"""Co-attention fusion: two streams of BERT layers that read each other. Paper, section 2.1.

Shapes: B pairs, L queries, M keys, H fusion width. Masks are boolean, True = may be read. B may be several dimensions, and those of text
and image are broadcast: (1, T) texts and (I, 1) images are (I, T) pairs, and what depends on one half alone is computed once.
"""

from enum import Enum
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

NORM_EPS = 1e-12  # BERT's


class Attention(nn.Module):
    """Multi-head attention with its dropout, residual sum and LayerNorm: (B, L, H), (B, M, H) -> (B, L, H)."""

    def __init__(self, width: int, heads: int, dropout: float):
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.out = (nn.Linear(width, width) for _ in range(4))
        self.attention_dropout = dropout
        self.dropout = nn.Dropout(dropout)
        self.norm = nn.LayerNorm(width, eps=NORM_EPS)

    def forward(self, tokens: Tensor, memory: Tensor, memory_mask: Tensor | None) -> Tensor:
        query, key, value = (self.split(part) for part in (self.query(tokens), self.key(memory), self.value(memory)))
        pairs = torch.broadcast_shapes(query.shape[:-3], key.shape[:-3])
        query, key, value = (part.expand(*pairs, -1, -1, -1).flatten(0, -4) for part in (query, key, value))
        mask = None if memory_mask is None else self.broadcast(memory_mask.expand(*pairs, -1).flatten(0, -2))
        dropout = self.attention_dropout if self.training else 0.0
        mixed = scaled_dot_product_attention(query, key, value, attn_mask=mask, dropout_p=dropout)
        return self.norm(tokens + self.dropout(self.out(mixed.transpose(1, 2).flatten(2).unflatten(0, pairs))))

    def weights(self, tokens: Tensor, memory: Tensor, memory_mask: Tensor | None) -> Tensor:
        """Return the attention weights of each token on each of `memory`, for inspection: (B, heads, L, M), rows sum to 1."""
        query, key, mask = self.split(self.query(tokens)), self.split(self.key(memory)), self.broadcast(memory_mask)
        scores = query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5
        return (scores if mask is None else scores.masked_fill(~mask, -torch.inf)).softmax(dim=-1)

    @staticmethod
    def broadcast(mask: Tensor | None) -> Tensor | None:
        return None if mask is None else mask[:, None, None, :]

    def split(self, tokens: Tensor) -> Tensor:
        return tokens.unflatten(-1, (self.heads, -1)).transpose(-3, -2)  # (B, heads, L, H / heads)


class FusionLayer(nn.Module):
    """One stream's layer: self-attention, attention to the other stream, feed-forward, each post-LayerNorm."""

    def __init__(self, width: int, heads: int, dropout: float):
        super().__init__()
        self.own = Attention(width, heads, dropout)
        self.cross = Attention(width, heads, dropout)
        self.feed_forward = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width), nn.Dropout(dropout))
        self.norm = nn.LayerNorm(width, eps=NORM_EPS)

    def forward(
        self, tokens: Tensor, mask: Tensor | None, other: Tensor, other_mask: Tensor | None, num_wanted: int | None = None
    ) -> Tensor:
        """Return the new states of the first `num_wanted` tokens (None: of all)."""
        if num_wanted == 0:
            return tokens[..., :0, :]
        wanted = self.cross(self.own(tokens[..., :num_wanted, :], tokens, mask), other, other_mask)
        return self.norm(wanted + self.feed_forward(wanted))


class Pooler(nn.Module):
    """tanh(Linear(first token)), or of the mean of all tokens where none stands for the whole: (B, L, H) -> (B, H)."""

    def __init__(self, width: int, reads_first: bool = True):
        super().__init__()
        self.dense = nn.Linear(width, width)
        self.reads_first = reads_first

    def forward(self, tokens: Tensor) -> Tensor:
        return torch.tanh(self.dense(tokens[..., 0, :] if self.reads_first else tokens.mean(dim=-2)))


class Read(Enum):
    """How many of the last layer's tokens, of text and of image, somebody reads (None: all); no others are computed."""

    BOTH = (None, None)
    TEXT = (None, 0)
    IMAGE = (0, None)
    POOLED = (1, 1)  # what the poolers read


class Fused(NamedTuple):
    """The fused features of as many tokens as are read."""

    text: Tensor  # (B, L, H)
    image: Tensor  # (B, 1 + K, H)


class Fusion(nn.Module):
    """The layers of both streams, run in step: each layer reads the other stream's state from before that layer.

    `class_token`: whether the image's first token stands for the whole image.
    """

    def __init__(self, width: int, depth: int, heads: int, dropout: float, class_token: bool = True):
        super().__init__()
        self.text_layers = nn.ModuleList(FusionLayer(width, heads, dropout) for _ in range(depth))
        self.image_layers = nn.ModuleList(FusionLayer(width, heads, dropout) for _ in range(depth))
        self.text_pooler, self.image_pooler = Pooler(width), Pooler(width, reads_first=class_token)

    def forward(self, text: Tensor, text_mask: Tensor, image: Tensor, depth: int = -1, read: Read = Read.BOTH) -> Fused:
        """Return both streams after `depth` layers (-1: after the last). Deeper layers are not run."""
        num_layers = len(self.text_layers) if depth == -1 else depth
        for number in range(1, num_layers + 1):
            wanted = read if number == num_layers else Read.BOTH
            text, image = self.step(number - 1, text, text_mask, image, wanted)
        return Fused(text, image)

    def step(self, layer: int, text: Tensor, text_mask: Tensor, image: Tensor, wanted: Read) -> tuple[Tensor, Tensor]:
        """Run one layer of both streams and return the new states of the tokens that `wanted` names."""
        num_text, num_image = wanted.value
        if wanted is Read.POOLED and not self.image_pooler.reads_first:
            num_image = None
        return (
            self.text_layers[layer](text, text_mask, image, None, num_text),
            self.image_layers[layer](image, None, text, text_mask, num_image),
        )

    def pooled(self, fused: Fused) -> Tensor:
        """Return the pair's feature (B, 2H), text first."""
        return torch.cat([self.text_pooler(fused.text), self.image_pooler(fused.image)], dim=-1)
