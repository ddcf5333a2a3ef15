"""The modules that a model folder's weights fit into, whatever the model was trained for."""

from pathlib import Path
from pkgutil import resolve_name

from m3ae.kinds import KINDS
from m3ae.model.backbone import build_backbone
from m3ae.model.config import ModelConfig
from m3ae.model.folder import load_weights
from m3ae.objectives.build import fill
from m3ae.objectives.learner import Learner
from m3ae.objectives.registry import OBJECTIVES


def saved_learner(config: ModelConfig) -> Learner:
    """Return them newly drawn; neither a hub nor another file is asked for anything."""
    classes = OBJECTIVES | {kind.objective: kind.head for kind in KINDS.values()}
    backbone = build_backbone(config.model, config.vocabulary, config.encoders(), load_weights=False)
    objectives = {name: resolve_name(classes[name]).of(config) for name in config.objectives}
    return Learner(backbone, objectives, dict.fromkeys(config.objectives, 1.0))


def loaded_learner(folder: Path, config: ModelConfig) -> Learner:
    """Return the modules of the model folder whose configuration is `config`, with its weights."""
    learner = saved_learner(config)
    fill(learner, load_weights(folder))
    return learner
