import copy

import pytest
import torch
from torch import nn

from benchmarks import parity
from benchmarks.parity import compare, norm_row, tensor_row
from m3ae.model import vision
from m3ae.model.fusion import Attention, Fusion
from m3ae.objectives.build import fill
from tests.shared import GOLDEN, needs_golden


@needs_golden
def test_every_recorded_number_of_the_authors_code_is_ours():
    rows = compare(GOLDEN)
    assert len(rows) == 343
    assert [row for row in rows if not row.passes] == []


def test_a_row_fails_where_ours_is_missing_misshapen_or_too_far():
    theirs = torch.zeros(3)
    assert tensor_row("a", theirs + 9e-6, theirs).passes
    assert not tensor_row("a", theirs + 2e-5, theirs).passes
    assert not tensor_row("a", torch.zeros(2), theirs).passes
    assert not tensor_row("a", None, theirs).passes


def test_gradient_norms_are_compared_relatively_unless_they_are_rounding():
    assert norm_row("a", 100.05, 100.0).passes and not norm_row("a", 100.2, 100.0).passes
    assert norm_row("a", 3e-8, 1e-8).passes and not norm_row("a", 1e-4, 1e-8).passes
    assert not norm_row("a", None, 1.0).passes


def without_last_block(learner):
    learner.backbone.vision.blocks = learner.backbone.vision.blocks[:-1]


def with_another_block(learner):
    learner.backbone.vision.blocks.append(copy.deepcopy(learner.backbone.vision.blocks[-1]))


def with_plain_gelu(learner):
    for block in learner.backbone.vision.blocks:
        block.mlp.act = nn.GELU()


def with_pixels_read_a_layer_later(learner):
    if "mim" in learner.objectives:
        learner.objectives["mim"].layer += 1


@needs_golden
@pytest.mark.parametrize("spoil", [without_last_block, with_another_block, with_plain_gelu, with_pixels_read_a_layer_later])
def test_a_model_that_is_not_theirs_fails(monkeypatch, spoil):
    monkeypatch.setattr(parity, "fill", lambda learner, weights: (fill(learner, weights), spoil(learner)))
    assert failing(compare(GOLDEN))


def failing(rows) -> list[str]:
    return [row.name for row in rows if not row.passes]


@needs_golden
def test_antialiased_positions_fail_the_heads_at_the_other_size(monkeypatch):
    def antialiased(positions, num_patches, num_first):
        old, new = int((positions.shape[1] - 1) ** 0.5), int(num_patches**0.5)
        grid = positions[:, 1:].unflatten(1, (old, old)).permute(0, 3, 1, 2)
        grid = nn.functional.interpolate(grid, size=(new, new), mode="bicubic", align_corners=False, antialias=True)
        return torch.cat([positions[:, :1], grid.flatten(2).transpose(1, 2)], dim=1)

    monkeypatch.setattr(vision, "resize_positions", antialiased)
    assert {"vqa_logits", "cls_logits", "irtr_scores"} <= set(failing(compare(GOLDEN)))


@needs_golden
def test_streams_that_step_one_after_the_other_fail(monkeypatch):
    def one_after_the_other(self, layer, text, text_mask, image, wanted):
        num_text, num_image = wanted.value
        image = self.image_layers[layer](image, None, text, text_mask, num_image)
        return self.text_layers[layer](text, text_mask, image, None, num_text), image

    monkeypatch.setattr(Fusion, "step", one_after_the_other)
    assert {"text_feats", "mlm_loss"} <= set(failing(compare(GOLDEN)))


@needs_golden
def test_padding_that_is_read_fails(monkeypatch):
    monkeypatch.setattr(Attention, "broadcast", staticmethod(lambda mask: None))
    assert {"text_feats", "image_feats"} <= set(failing(compare(GOLDEN)))
