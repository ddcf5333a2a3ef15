import pytest
import torch

from m3ae.objectives.base import View


def gradients(learner):
    return {name: parameter.grad.clone() for name, parameter in learner.named_parameters() if parameter.grad is not None}


def test_each_wanted_view_is_encoded_once(learner, batch, monkeypatch):
    calls = []
    encode = learner.encode_view
    monkeypatch.setattr(learner, "encode_view", lambda given, view: calls.append(view) or encode(given, view))
    learner(batch)
    assert sorted(calls) == sorted(View)


def test_sharing_views_changes_no_gradient(learner, batch):
    learner(batch).value.backward()
    shared = gradients(learner)
    learner.zero_grad()
    for name in learner.objectives:
        learner(batch, (name,)).value.backward()
    for name, gradient in gradients(learner).items():
        assert torch.allclose(gradient, shared[name], atol=1e-6), name


def test_weights_scale_the_losses(learner, batch):
    learner.weights = {"mlm": 2.0, "mim": 0.5, "itm": 1.0}
    single = [learner(batch, (name,)).value.item() for name in ("mlm", "mim", "itm")]  # each already weighted
    assert learner(batch).value.item() == pytest.approx(sum(single))


def test_tallies_come_in_the_order_of_their_names(learner, batch):
    names = learner.tally_names()
    rows = learner(batch).tallies
    assert rows.shape == (len(names), 2)
    assert rows[names.index("itm.accuracy"), 1] == 4 and rows[names.index("mim.loss"), 1] == 4 * 12
