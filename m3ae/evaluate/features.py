"""What the frozen pre-trained model makes of a split's rows, for classifiers that are fitted on it.

Shapes: N rows, B of them in a batch, H fusion width.
"""

from enum import StrEnum
from functools import partial

import numpy as np
import torch

from m3ae.batches.tasks import TaskBatch
from m3ae.batches.tokenizer import Tokenizer
from m3ae.engine.processes import device
from m3ae.evaluate.predictions import Test, each_batch
from m3ae.finetune.whitening import pair_features
from m3ae.model.backbone import Backbone
from m3ae.model.config import ModelConfig
from m3ae.shards.read import Shards, first_texts

AT_ONCE = 64  # rows in one forward pass


class Source(StrEnum):
    """What a classifier may read of a row."""

    QUESTION = "question"  # its text (N,)
    IMAGE = "image"  # the mean of its image's tokens before the fusion (N, H), float64
    JOINT = "joint"  # the pair's feature (N, 2H), float64: what a head that answers is given


Features = dict[Source, np.ndarray]


@torch.no_grad()
def frozen_features(backbone: Backbone, shards: Shards, tokenizer: Tokenizer, config: ModelConfig) -> Features:
    """Return the features of all rows, in their order; the batches are shared out between the processes."""
    backbone.eval().to(device())
    unanswered = Test(shards, [], tokenizer, config)  # features need no answers
    per_batch = each_batch(unanswered, AT_ONCE, partial(encoded, backbone))
    image, joint = (np.concatenate(parts) for parts in zip(*per_batch, strict=True))
    return {Source.QUESTION: np.array(first_texts(shards)), Source.IMAGE: image, Source.JOINT: joint}


def encoded(backbone: Backbone, batch: TaskBatch) -> tuple[np.ndarray, np.ndarray]:
    """Return a batch's image features (B, H) and joint features (B, 2H)."""
    image = backbone.encode_image(batch.images)
    own, joint = (part.double().cpu().numpy() for part in (image.mean(dim=1), pair_features(backbone, batch, image)))
    return own, joint
