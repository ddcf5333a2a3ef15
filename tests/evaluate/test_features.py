import numpy as np
import pytest
import torch

from m3ae.batches.images import to_tensor
from m3ae.batches.tasks import TaskBatch
from m3ae.evaluate import features as module
from m3ae.evaluate.features import Source, frozen_features
from m3ae.objectives.answer import QuestionAnswering
from m3ae.objectives.build import task_learner
from tests.evaluate.conftest import TEXTS, Split


@pytest.fixture
def learner(sizes):
    return task_learner(sizes, "answer", QuestionAnswering(sizes.model, 3), seed=1).eval()


@pytest.fixture
def found(learner, tokenizer, sizes, monkeypatch):
    monkeypatch.setattr(module, "AT_ONCE", 3)  # the seven rows are three batches
    return frozen_features(learner.backbone, Split(), tokenizer, sizes)


@torch.no_grad()
def alone(learner, tokenizer, number):
    """What the head is given of one row, which has no other in its batch, and the row's image tokens before the fusion."""
    tokens, image = tokenizer([TEXTS[number]], 9), to_tensor(Split().pixels(number), 32)
    batch, head, given = TaskBatch(tokens.ids, tokens.mask, image[None], None), learner.objectives["answer"], []
    head.head.register_forward_pre_hook(lambda _, inputs: given.append(inputs[0]))
    views = learner.encode(batch, set(head.views))
    head.logits(learner.backbone.fusion, views, batch)
    return given[0][0], views["image"][0]


@pytest.mark.parametrize("number", range(len(TEXTS)))
def test_joint_features_are_what_a_head_that_answers_is_given_and_image_features_the_mean_of_the_image_tokens(
    found, learner, tokenizer, number
):
    joint, image = alone(learner, tokenizer, number)
    assert found[Source.JOINT][number] == pytest.approx(joint.numpy(), abs=1e-5)
    assert found[Source.IMAGE][number] == pytest.approx(image.mean(dim=0).numpy(), abs=1e-5)
    assert found[Source.QUESTION][number] == TEXTS[number]


def test_every_row_has_features_of_its_own_in_float64(found, sizes):
    width = sizes.model.fusion_width
    for source, size in ((Source.JOINT, 2 * width), (Source.IMAGE, width)):
        assert found[source].shape == (len(TEXTS), size) and found[source].dtype == np.float64
        assert len(np.unique(found[source], axis=0)) == len(TEXTS)


def test_image_features_know_nothing_of_the_question(found, learner, tokenizer, sizes):
    others = frozen_features(learner.backbone, Split(TEXTS[::-1]), tokenizer, sizes)
    assert others[Source.IMAGE] == pytest.approx(found[Source.IMAGE], abs=1e-5)
    assert others[Source.JOINT][0] != pytest.approx(found[Source.JOINT][0], abs=1e-2)
