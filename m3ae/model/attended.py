"""The fusion layer by layer, with what each token attends to: for inspection, not for training.

Shapes: B pairs, L text tokens, N patches, H fusion width; an image has 1 + N tokens, or N where its encoder has no class token.
"""

from typing import NamedTuple

from torch import Tensor

from m3ae.model.fusion import Fused, Fusion, FusionLayer, Read


class LayerAttentions(NamedTuple):
    """The attention weights of one layer (B, heads, queries, keys); rows sum to 1."""

    text: Tensor  # (B, heads, L, L)
    image: Tensor  # (B, heads, 1 + N, 1 + N)
    text_to_image: Tensor  # (B, heads, L, 1 + N): which patches a token reads
    image_to_text: Tensor  # (B, heads, 1 + N, L)


class Attended(NamedTuple):
    """What `attended` returns."""

    states: tuple[Fused, ...]  # of both streams, before the first layer and after each
    attentions: tuple[LayerAttentions, ...]


def attended(fusion: Fusion, text: Tensor, text_mask: Tensor, image: Tensor) -> Attended:
    """Run all layers on text (B, L, H) with its mask (B, L; bool) and image (B, 1 + N, H), as `Fusion` does, and keep what passes."""
    states, attentions = [Fused(text, image)], []
    for number in range(len(fusion.text_layers)):
        text, image = states[-1]
        attentions.append(layer_attentions(fusion, number, text, text_mask, image))
        states.append(Fused(*fusion.step(number, text, text_mask, image, Read.BOTH)))
    return Attended(tuple(states), tuple(attentions))


def layer_attentions(fusion: Fusion, number: int, text: Tensor, text_mask: Tensor, image: Tensor) -> LayerAttentions:
    """Return the weights of one layer, given both streams' states before it."""
    of_text, of_image = fusion.text_layers[number], fusion.image_layers[number]
    assert isinstance(of_text, FusionLayer) and isinstance(of_image, FusionLayer)
    return LayerAttentions(
        of_text.own.weights(text, text, text_mask),
        of_image.own.weights(image, image, None),
        of_text.cross.weights(of_text.own(text, text, text_mask), image, None),
        of_image.cross.weights(of_image.own(image, image, None), text, text_mask),
    )
