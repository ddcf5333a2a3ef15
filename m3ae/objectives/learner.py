"""What is trained: a backbone and the objectives that read it."""

from typing import Any

import torch
from torch import Tensor, nn

from m3ae.method import Views
from m3ae.model.backbone import Backbone
from m3ae.objectives.base import Loss, Objective, View


class Learner(nn.Module):
    """`forward(batch)` -> the weighted sum of the objectives' losses, and their tallies one below the other.

    # Differs: each wanted view is encoded once a step, so one draw of the encoders' dropout serves all objectives that read it;
    # the authors encode the clean text and the whole image twice, which costs time and teaches nothing. Without dropout the
    # gradients are the same. `views: separate` is their way.
    """

    objectives: Any  # a ModuleDict of `Objective`s, whose own kinds torch's type would forget

    def __init__(self, backbone: Backbone, objectives: dict[str, Objective], weights: dict[str, float], views: Views = "shared"):
        super().__init__()
        self.backbone = backbone
        self.objectives = nn.ModuleDict(objectives)
        self.weights, self.views = weights, views

    def forward(self, batch: Any, only: tuple[str, ...] = ()) -> Loss:
        """Return the weighted loss and the tallies of the objectives that `only` names, of all where it names none."""
        names = only or tuple(self.objectives)
        groups = [names] if self.views == "shared" else [(name,) for name in names]
        losses = [loss for group in groups for loss in self.losses(group, batch)]
        total = torch.stack([self.weights[name] * loss.value for name, loss in zip(names, losses, strict=True)]).sum()
        return Loss(total, torch.cat([loss.tallies for loss in losses]))

    def losses(self, names: tuple[str, ...], batch: Any) -> list[Loss]:
        """Return the losses of objectives that share their views, each view encoded once."""
        features = self.encode(batch, {view for name in names for view in self.objectives[name].views})
        return [self.objectives[name](self.backbone.fusion, features, batch) for name in names]

    def encode(self, batch: Any, views: set[View]) -> dict[View, Tensor]:
        if getattr(batch, "negatives", None) is None:
            views = views - {View.NEGATIVE_IMAGE}
        return {view: self.encode_view(batch, view) for view in View if view in views}

    def encode_view(self, batch: Any, view: View) -> Tensor:
        match view:
            case View.TEXT:
                return self.backbone.encode_text(batch.text_ids, batch.text_mask)
            case View.MASKED_TEXT:
                return self.backbone.encode_text(batch.masked_ids, batch.text_mask)
            case View.NEGATIVE_IMAGE:
                return self.backbone.encode_image(batch.negatives)
            case View.KEPT_IMAGE:
                return self.backbone.encode_image(batch.images, batch.kept)
            case View.IMAGE:
                return self.backbone.encode_image(batch.images)

    def tally_names(self, only: tuple[str, ...] = ()) -> list[str]:
        """Return the names of the rows of `forward`'s tallies, as `<objective>.<tally>`."""
        return [f"{name}.{tally}" for name in only or self.objectives for tally in self.objectives[name].tally_names]
