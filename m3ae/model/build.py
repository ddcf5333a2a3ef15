"""From a configuration to modules: the learner that pre-trains, and those that are fine-tuned."""

import torch

from m3ae.model.backbone import Backbone, build_backbone
from m3ae.model.folder import ModelConfig
from m3ae.model.learner import Learner
from m3ae.model.params import Views
from m3ae.objectives.base import Objective
from m3ae.objectives.itm import ImageTextMatching
from m3ae.objectives.mim import MaskedPixels
from m3ae.objectives.mlm import MaskedWords


def pretraining_learner(
    config: ModelConfig, weights: dict[str, float], seed: int, load_encoders: bool = False, views: Views = "shared"
) -> Learner:
    """The backbone with its pre-training objectives, drawn from `seed`; `weights` are the loss's."""
    torch.manual_seed(seed)
    backbone = backbone_of(config, load_encoders)
    return Learner(backbone, {name: objective(name, config) for name in config.objectives}, weights, views)


def backbone_of(config: ModelConfig, load_encoders: bool) -> Backbone:
    """Raises SystemExit, with the remedy, where a named encoder cannot be had or has other sizes than params.yaml says."""
    try:
        return build_backbone(config.model, config.vocabulary, config.encoders(), load_encoders)
    except (OSError, ValueError) as error:
        raise SystemExit(f"params.yaml: {error}") from None


def objective(name: str, config: ModelConfig) -> Objective:
    model, method = config.model, config.method
    builders = {
        "mlm": lambda: MaskedWords(method.mlm_layer, method.mlm_decoder, model, config.vocabulary),
        "mim": lambda: MaskedPixels(method.mim_layer, method.mim_decoder, model),
        "itm": lambda: ImageTextMatching(model),
    }
    return builders[name]()


def task_learner(config: ModelConfig, name: str, objective: Objective, seed: int, load_encoders: bool = False) -> Learner:
    """The backbone with one downstream objective; its initial weights are drawn from `seed`."""
    torch.manual_seed(seed)
    return Learner(backbone_of(config, load_encoders), {name: objective}, {name: 1.0})
