"""A head's first layer -> features that vary alike in all directions, on the rows that it was set by."""

import numpy as np
import pytest
import torch

from m3ae.batches.tasks import TaskBatch
from m3ae.finetune.whitening import feature_rows, whiten, zca
from m3ae.objectives.answer import QuestionAnswering
from m3ae.objectives.build import task_learner


class Batches:
    """Random questions about random images, four a batch."""

    def __init__(self, config):
        self.config = config

    def __getitem__(self, number: int) -> TaskBatch:
        generator, px = torch.Generator().manual_seed(number), self.config.model.image_px
        ids = torch.randint(5, self.config.vocabulary, (4, 6), generator=generator)
        return TaskBatch(ids, torch.ones_like(ids), torch.randn(4, 3, px, px, generator=generator), torch.zeros(4, 3))


@pytest.fixture
def learner(config, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    torch.manual_seed(0)
    return task_learner(config, "answer", QuestionAnswering(config.model, 3), seed=0)


def test_a_whitened_covariance_is_the_unit_matrix_and_what_does_not_vary_is_not_blown_up():
    values = np.random.default_rng(0).normal(size=(500, 6)) @ np.diag([100, 10, 5, 3, 2, 0])
    matrix = zca(np.cov(values, rowvar=False, bias=True))
    assert np.allclose(matrix, matrix.T) and np.isfinite(matrix).all()
    white = np.cov(values @ matrix, rowvar=False, bias=True)
    assert white[0, 0] == pytest.approx(1, abs=0.01) and white[-1, -1] == 0 and abs(white - np.diag(np.diag(white))).max() < 0.01


def test_the_heads_first_layer_gives_features_of_mean_zero_that_do_not_go_together(learner, config):
    head, batches = learner.objectives["answer"], Batches(config)
    before = {name: value.clone() for name, value in learner.state_dict().items()}
    whiten(learner, head, batches, num_rows=4 * 200, rows_a_batch=4)
    number = min(4 * 200, 8 * head.head[0].in_features) // 4
    features = np.concatenate(list(no_gradient(feature_rows, learner.backbone, batches, number)))
    with torch.no_grad():
        white = head.head[0](torch.from_numpy(features).float()).double().numpy()
    assert abs(white.mean(axis=0)).max() < 1e-3
    variances = np.linalg.eigvalsh(np.cov(white, rowvar=False, bias=True))
    assert variances.max() < 1.001 and np.median(variances) > 10 * np.median(np.linalg.eigvalsh(np.cov(features, rowvar=False, bias=True)))
    changed = {name for name, value in learner.state_dict().items() if not torch.equal(value, before[name])}
    assert changed == {"objectives.answer.head.0.weight", "objectives.answer.head.0.bias"} and learner.training


def no_gradient(function, *arguments):
    with torch.no_grad():
        yield from function(*arguments)


def test_fewer_rows_than_a_batch_still_make_one(learner, config):
    whiten(learner, learner.objectives["answer"], Batches(config), num_rows=2, rows_a_batch=4)
    assert torch.isfinite(learner.objectives["answer"].head[0].weight).all()
