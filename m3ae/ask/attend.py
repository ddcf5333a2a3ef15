"""Where in an image each word of a text looks. Shapes: L text tokens, N patches, W words, S image side in px."""

from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from m3ae.ask.opened import AskError, Opened
from m3ae.batches.images import to_pixels
from m3ae.batches.masking import NO_WORD
from m3ae.batches.tokenizer import Tokens
from m3ae.model.attended import attended


class WordMap(NamedTuple):
    """A word and how much of its attention each patch gets: (rows, columns), sum 1."""

    word: str
    weights: np.ndarray


class Attention(NamedTuple):
    image: np.ndarray  # uint8 (S, S, 3), as the model sees it
    words: list[WordMap]  # in the order of the text


@torch.no_grad()
def attend(model: Opened, image: Any, text: str, layer: int) -> Attention:
    """Return the cross-attention of each word on the patches, the mean over the heads of a fusion layer (from 1; -1 = the last).

    A word's weights are the mean over its tokens. What goes to the image's class token is left out.
    """
    depth = model.config.model.fusion_depth
    if layer != -1 and not 1 <= layer <= depth:
        raise AskError(f"layer {layer}: the fusion has layers 1 to {depth}; give one of them, or -1 for the last")
    pixels, tokens, backbone = model.images([image]), model.texts([text]), model.learner.backbone
    if (tokens.words == NO_WORD).all():
        raise AskError(f"{text!r}: holds no word; give a text")
    inside = attended(backbone.fusion, backbone.encode_text(tokens.ids, tokens.mask), tokens.mask.bool(), backbone.encode_image(pixels))
    weights = inside.attentions[layer if layer == -1 else layer - 1].text_to_image[0].mean(dim=0)  # (L, 1 + N)
    patches = weights[:, 1:] if backbone.vision.has_class_token else weights
    return Attention(to_pixels(pixels)[0], word_maps(model, tokens, patches / patches.sum(dim=1, keepdim=True)))


def word_maps(model: Opened, tokens: Tokens, patches: Tensor) -> list[WordMap]:
    """Return the words of the only text, each with the mean of its tokens' weights (L, N) as a square map."""
    side = int(patches.shape[1] ** 0.5)
    numbers, maps = tokens.words[0], []
    for number in numbers.unique_consecutive().tolist():
        if number != NO_WORD:
            own = numbers == number
            word = str(model.tokenizer.fast.decode(tokens.ids[0][own])).strip()
            maps.append(WordMap(word, patches[own].mean(dim=0).reshape(side, side).cpu().numpy()))
    return maps
