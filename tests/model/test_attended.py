import torch

from m3ae.model.attended import attended
from m3ae.objectives.base import View


def test_the_layers_one_by_one_give_what_the_fusion_gives(learner, batch):
    learner.eval()
    seen = learner.encode(batch, {View.TEXT, View.IMAGE})
    inside = attended(learner.backbone.fusion, seen[View.TEXT], batch.text_mask.bool(), seen[View.IMAGE])
    expected = learner.backbone.fusion(seen[View.TEXT], batch.text_mask.bool(), seen[View.IMAGE])
    assert torch.allclose(inside.states[-1].text, expected.text, atol=1e-6) and len(inside.states) == 1 + len(inside.attentions) == 5


def test_each_querys_weights_sum_to_one_and_padding_gets_none(learner, batch):
    seen = learner.eval().encode(batch, {View.TEXT, View.IMAGE})
    layer = attended(learner.backbone.fusion, seen[View.TEXT], batch.text_mask.bool(), seen[View.IMAGE]).attentions[0]
    assert layer.text_to_image.shape == (4, 2, 9, 17) and layer.image_to_text.shape == (4, 2, 17, 9)
    assert all(torch.allclose(weights.sum(dim=-1), torch.ones(()), atol=1e-5) for weights in layer)
    assert not layer.image_to_text[0, :, :, 6:].any() and not layer.text[0, :, :, 6:].any()
