"""What is trained: a backbone and the objectives that read it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn

from m3ae.batches.pairs import StepKeys
from m3ae.method import Views
from m3ae.model.backbone import Backbone
from m3ae.objectives.base import Beside, Loss, Objective, View

AS_SHOWN: Mapping[str, int] = MappingProxyType({})


class Learner(nn.Module):
    """`forward(batch)` -> the weighted sum of the objectives' losses, and their tallies one below the other.

    # Differs: each wanted view is encoded once a step, so one draw of the encoders' dropout serves all objectives that read it;
    # the authors encode the clean text and the whole image twice, which costs time and teaches nothing. Without dropout the
    # gradients are the same. `views: separate` is their way.

    `reads`: which of the showings beside a batch an objective is trained on, where it is not the batch's own. In evaluation M3AE's
    objectives read the batch's own, so that the figures of all recipes can be compared.
    """

    objectives: Any  # a ModuleDict of `Objective`s, whose own kinds torch's type would forget

    def __init__(
        self,
        backbone: Backbone,
        objectives: dict[str, Objective],
        weights: dict[str, float],
        views: Views = "shared",
        reads: Mapping[str, int] = AS_SHOWN,
    ):
        super().__init__()
        self.backbone = backbone
        self.objectives = nn.ModuleDict(objectives)
        self.weights, self.views, self.reads = weights, views, dict(reads)

    def forward(self, batch: Any, only: tuple[str, ...] = (), ahead: bool = False) -> Loss | dict[str, Tensor]:
        """Return the weighted loss and the tallies of the objectives that `only` names, of all where it names none.

        `ahead`: return what these objectives compare the batch's pairs with instead; its name -> (B, ...).
        """
        names = only or tuple(self.objectives)
        comparing = self.comparing(names)
        if ahead:
            return self.keys(comparing, batch)
        if comparing and batch.step is None:  # nobody has gathered those of a whole step
            batch = batch._replace(step=StepKeys(0, self.keys(comparing, batch)))
        groups = [names] if self.views == "shared" else [(name,) for name in names]
        losses = [loss for group in groups for loss in self.losses(group, batch)]
        total = torch.stack([self.weights[name] * loss.value for name, loss in zip(names, losses, strict=True)]).sum()
        return Loss(total, torch.cat([loss.tallies for loss in losses]))

    def losses(self, names: tuple[str, ...], batch: Any) -> list[Loss]:
        """Return the losses of objectives that share their views, each view encoded once."""
        places = {name: self.places(name, batch) for name in names}
        features = self.encode(batch, {place for own in places.values() for place in own.values()})
        return [self.loss(name, places[name], features, batch) for name in names]

    def places(self, name: str, batch: Any) -> dict[Any, Any]:
        """Return where an objective's views are found: each under its own name or, in training, beside the batch."""
        views = self.objectives[name].views
        is_beside = name in self.reads and self.training and batch.beside
        return {view: Beside(self.reads[name], view) if is_beside else view for view in views}

    def loss(self, name: str, places: dict[Any, Any], features: dict[Any, Tensor], batch: Any) -> Loss:
        """Return the loss of an objective, which takes what it reads for the batch's own."""
        seen = {view: features[place] for view, place in places.items() if place in features}
        shown = batch if list(places) == list(places.values()) else batch.beside[self.reads[name]]
        return self.objectives[name](self.backbone.fusion, seen, shown)

    def encode(self, batch: Any, views: set[Any]) -> dict[Any, Tensor]:
        """Return the features of `views`, each a `View` or a `Beside`; the batch's own come first, so that they keep their dropout."""
        if getattr(batch, "negatives", None) is None:
            views = views - {View.NEGATIVE_IMAGE}
        beside = sorted(view for view in views if isinstance(view, Beside))
        own = {view: self.encode_view(batch, view) for view in View if view in views}
        return own | {place: self.encode_view(batch.beside[place.showing], place.view) for place in beside}

    def comparing(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Return those of the objectives that compare their pairs with all others of a step."""
        return tuple(name for name in names if self.objectives[name].key_views)

    @torch.no_grad()
    def keys(self, names: tuple[str, ...], batch: Any) -> dict[str, Tensor]:
        features = self.encode(batch, {view for name in names for view in self.objectives[name].key_views})
        return {name: self.objectives[name].keys(self.backbone.fusion, features, batch) for name in names}

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
