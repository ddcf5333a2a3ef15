"""What the frozen pre-trained model makes of a split's rows, for classifiers that are fitted on it.

Shapes: N rows, B of them in a batch, H fusion width.
"""

from enum import StrEnum

import numpy as np
import torch

from m3ae.batches.images import Crop
from m3ae.batches.order import InOrder
from m3ae.batches.tasks import TaskBatch, TaskBatches
from m3ae.batches.tokenizer import Tokenizer
from m3ae.engine.processes import device, gathered, moved, process_share
from m3ae.model.backbone import Backbone
from m3ae.model.config import ModelConfig
from m3ae.model.fusion import Read
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
    order, sizes = InOrder(len(shards), AT_ONCE), config.model
    # Features need no answers, so that the batches are given none.
    batches = TaskBatches(shards, tokenizer, [], order, Crop(sizes.image_px, 1.0, 0), sizes.text_tokens)
    numbers = list(range(len(order)))[process_share()]
    per_batch = gathered([encoded(backbone, moved(batches[number])) for number in numbers])
    image, joint = (np.concatenate(parts) for parts in zip(*per_batch, strict=True))
    return {Source.QUESTION: np.array(first_texts(shards)), Source.IMAGE: image, Source.JOINT: joint}


def encoded(backbone: Backbone, batch: TaskBatch) -> tuple[np.ndarray, np.ndarray]:
    """Return a batch's image features (B, H) and joint features (B, 2H)."""
    text, image = backbone.encode_text(batch.text_ids, batch.text_mask), backbone.encode_image(batch.images)
    fused = backbone.fusion(text, batch.text_mask.bool(), image, read=Read.POOLED)
    return tuple(part.double().cpu().numpy() for part in (image.mean(dim=1), backbone.fusion.pooled(fused)))
