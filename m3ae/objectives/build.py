"""From a configuration to modules: the learner that pre-trains, and those that are fine-tuned."""

from collections.abc import Callable, Mapping
from pkgutil import resolve_name
from typing import NamedTuple

import torch
from torch import Tensor

from m3ae.method import Views
from m3ae.model.backbone import Backbone, build_backbone
from m3ae.model.config import ModelConfig
from m3ae.objectives.base import Objective
from m3ae.objectives.itm import MATCH
from m3ae.objectives.learner import AS_SHOWN, Learner
from m3ae.objectives.registry import OBJECTIVES
from m3ae.objectives.retrieval import Retrieval

VISION = "backbone.vision."
MATCHING_HEAD = "objectives.itm.head."


class Added(NamedTuple):
    """What a recipe adds to M3AE's objectives."""

    objectives: Mapping[str, Callable[[ModelConfig], Objective]] = {}
    reads: Mapping[str, int] = AS_SHOWN  # as in `Learner`


NOTHING = Added()


def active(weights: dict[str, float]) -> dict[str, float]:
    """Return the weights of the objectives that are on, in the registry's order."""
    return {name: weights[name] for name in OBJECTIVES if weights.get(name, 0) > 0}


def pretraining_learner(
    config: ModelConfig,
    weights: dict[str, float],
    seed: int,
    load_encoders: bool = False,
    views: Views = "shared",
    added: Added = NOTHING,
) -> Learner:
    """Return the backbone with its pre-training objectives, drawn from `seed`, M3AE's first; `weights` are the loss's."""
    torch.manual_seed(seed)
    backbone = backbone_of(config, load_encoders)
    objectives = {name: resolve_name(OBJECTIVES[name]).of(config) for name in config.objectives}
    objectives |= {name: make(config) for name, make in added.objectives.items()}
    return Learner(backbone, objectives, weights, views, added.reads)


def task_learner(config: ModelConfig, name: str, objective: Objective, seed: int, load_encoders: bool = False) -> Learner:
    """Return the backbone with one downstream objective; its initial weights are drawn from `seed`."""
    torch.manual_seed(seed)
    return Learner(backbone_of(config, load_encoders), {name: objective}, {name: 1.0})


def backbone_of(config: ModelConfig, load_encoders: bool) -> Backbone:
    """Raise SystemExit, with the remedy, where a named encoder cannot be had or has other sizes than the parameters say."""
    try:
        return build_backbone(config.model, config.vocabulary, config.encoders(), load_encoders)
    except (OSError, ValueError) as error:
        raise SystemExit(f"scales/<scale>.yaml: model: {error}") from None


def fill(learner: Learner, weights: Mapping[str, Tensor], part: str = "") -> None:
    """Put the weights whose names start with `part` into the learner, what depends on the image size resized to its own.

    Raises ValueError that lists missing, surplus and misshapen tensors; nothing is half-loaded.
    """
    wanted = {name: tensor for name, tensor in learner.state_dict().items() if name.startswith(part)}
    given = {name: tensor for name, tensor in weights.items() if name.startswith(part)}
    vision = {name.removeprefix(VISION): tensor for name, tensor in given.items() if name.startswith(VISION)}
    given |= {VISION + name: tensor for name, tensor in learner.backbone.vision.resized(vision).items()}
    wrong = sorted(wanted.keys() ^ given.keys()) or [name for name in wanted if wanted[name].shape != given[name].shape]
    if wrong:
        raise ValueError(f"the weights do not fit the model: {', '.join(wrong)}")
    learner.load_state_dict(given, strict=False)


def start_from(learner: Learner, pretrained: dict[str, Tensor]) -> None:
    """Put in the pre-trained backbone; for retrieval also the matching head's "match" row, where matching was on."""
    fill(learner, pretrained, part="backbone.")
    for head in learner.objectives.values():
        if isinstance(head, Retrieval) and MATCHING_HEAD + "weight" in pretrained:
            head.start_from(pretrained[MATCHING_HEAD + "weight"][MATCH], pretrained[MATCHING_HEAD + "bias"][MATCH])
