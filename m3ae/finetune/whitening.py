"""A head that starts with whitened features: the pair's feature, turned so that every direction varies alike.

# Differs: the authors draw the head at random; `head_start: drawn`. After a short pre-training a few directions hold most of the feature's
# variance (in the default run three of 128 hold 86%), and what a question needs lies in the others: a head drawn at random gives the most
# frequent answers for the first hundreds of steps, whatever its learning rate.
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn

from m3ae.batches.numbered import Batches
from m3ae.batches.tasks import TaskBatch
from m3ae.engine.processes import device, moved
from m3ae.model.backbone import Backbone
from m3ae.model.fusion import Read
from m3ae.objectives.answer import Labels
from m3ae.objectives.learner import Learner

ROWS_A_DIRECTION = 8  # that the variance is taken from, at most
FLOOR = 1e-3  # of the mean variance, added to each direction's: what does not vary is not blown up


def pair_features(backbone: Backbone, batch: TaskBatch, image: Tensor) -> Tensor:
    """Return what a head reads of a batch whose images are encoded: (B, 2H)."""
    fused = backbone.fusion(backbone.encode_text(batch.text_ids, batch.text_mask), batch.text_mask.bool(), image, read=Read.POOLED)
    return backbone.fusion.pooled(fused)


@torch.no_grad()
def whiten(learner: Learner, head: Labels, batches: Batches[TaskBatch], num_rows: int, rows_a_batch: int) -> None:
    """Set the head's first layer to the ZCA whitening of the first training batches, by numpy, whose digits are pinned."""
    layer = head.head[0]
    assert isinstance(layer, nn.Linear)
    wanted = min(num_rows, ROWS_A_DIRECTION * layer.in_features)
    learner.eval().to(device())
    features = np.concatenate(list(feature_rows(learner.backbone, batches, wanted // rows_a_batch or 1)))
    mean = features.mean(axis=0)
    weight = zca(np.cov(features, rowvar=False, bias=True))
    layer.weight.copy_(torch.from_numpy(weight))
    layer.bias.copy_(torch.from_numpy(-weight @ mean))
    learner.train()


def feature_rows(backbone: Backbone, batches: Batches[TaskBatch], num_batches: int) -> Iterator[np.ndarray]:
    for number in range(num_batches):
        batch = moved(batches[number])
        yield pair_features(backbone, batch, backbone.encode_image(batch.images)).double().cpu().numpy()


def zca(covariance: np.ndarray) -> np.ndarray:
    """Return the symmetric matrix that makes this covariance the unit matrix, as far as `FLOOR` lets it."""
    variances, directions = np.linalg.eigh(covariance)
    return (directions / np.sqrt(variances.clip(0) + FLOOR * variances.mean())) @ directions.T
