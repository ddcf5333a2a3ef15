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
    assert sorted(calls) == sorted({*View} - {View.NEGATIVE_IMAGE})  # this batch has no images from elsewhere


def test_the_authors_way_encodes_once_for_each_objective(learner, batch, monkeypatch):
    calls = []
    encode = learner.encode_view
    monkeypatch.setattr(learner, "encode_view", lambda given, view: calls.append(view) or encode(given, view))
    shared = learner(batch)
    calls.clear()
    learner.views = "separate"
    assert torch.allclose(learner(batch).value, shared.value)  # without dropout nothing else changes
    assert (calls.count(View.TEXT), calls.count(View.IMAGE), calls.count(View.MASKED_TEXT), calls.count(View.KEPT_IMAGE)) == (2, 2, 1, 1)


def test_with_dropout_only_shared_views_share_their_draw(learner, batch, monkeypatch):
    noisy = {View.TEXT: torch.nn.Dropout(0.5)}
    encode = learner.encode_view
    monkeypatch.setattr(learner, "encode_view", lambda given, view: noisy.get(view, torch.nn.Identity())(encode(given, view)))
    texts = {}
    for name in ("mim", "itm"):
        monkeypatch.setattr(learner.objectives[name], "forward", recorded(learner.objectives[name], name, texts))
    learner(batch, ("mim", "itm"))
    assert torch.equal(texts["mim"], texts["itm"])
    learner.views = "separate"
    learner(batch, ("mim", "itm"))
    assert not torch.equal(texts["mim"], texts["itm"])


def recorded(objective, name, texts):
    forward = objective.forward

    def call(fusion, seen, batch):
        texts[name] = seen[View.TEXT].detach().clone()
        return forward(fusion, seen, batch)

    return call


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
