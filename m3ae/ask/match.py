"""Whether images and texts belong together. Shapes: B pairs, L text tokens, N patches, H fusion width; B is broadcast, as in the fusion."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from m3ae.ask.opened import AskError, Opened
from m3ae.objectives.itm import MATCH

MATCHING = ("pretrain", "retrieve")


def require_matching(model: Opened) -> None:
    """Raise `AskError` where a model has nothing that scores pairs."""
    model.require(MATCHING, "match images with texts")
    if not {"itm", "retrieval"} & set(model.config.objectives):
        raise AskError(f"{model.folder}: this model was pre-trained with objectives.itm: 0 and cannot match; give another model")


def gives_probabilities(model: Opened) -> bool:
    """Return whether scores are probabilities: a retrieval head's only say which of several pairs suit better."""
    return "itm" in model.config.objectives


def pair_scores(model: Opened, text: Tensor, mask: Tensor, image: Tensor) -> Tensor:
    """Return the scores (B,) of encoded texts (B, L, H), with their mask (B, L), and encoded images (B, 1 + N, H)."""
    objectives, fusion = model.learner.objectives, model.learner.backbone.fusion
    if gives_probabilities(model):
        return objectives["itm"].scores(fusion, text, mask, image).softmax(dim=-1)[..., MATCH]
    return objectives["retrieval"].scores(fusion, text, mask, image)


@torch.no_grad()
def matches(model: Opened, images: Sequence[Any], texts: Sequence[str]) -> list[float]:
    """Return how well each image and the text beside it belong together."""
    require_matching(model)
    backbone, tokens = model.learner.backbone, model.texts(texts)
    text, image = backbone.encode_text(tokens.ids, tokens.mask), backbone.encode_image(model.images(images))
    return pair_scores(model, text, tokens.mask, image).tolist()
