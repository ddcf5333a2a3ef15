"""The modules that a model folder's weights fit into, whatever the model was trained for."""

from pathlib import Path
from pkgutil import resolve_name

import torch
from torch import Tensor

from m3ae.disk.json import FileError
from m3ae.disk.named import first_few
from m3ae.kinds import KINDS
from m3ae.model.backbone import build_backbone
from m3ae.model.config import CONFIG, REMEDY, ModelConfig
from m3ae.model.folder import load_weights, shapes_of
from m3ae.objectives.build import fill
from m3ae.objectives.learner import Learner
from m3ae.objectives.registry import OBJECTIVES

MOST_NAMES = 5  # of weights, in one line


def saved_learner(config: ModelConfig) -> Learner:
    """Return them newly drawn; neither a hub nor another file is asked for anything."""
    classes = OBJECTIVES | {kind.objective: kind.head for kind in KINDS.values()}
    backbone = build_backbone(config.model, config.vocabulary, config.encoders(), load_weights=False)
    objectives = {name: resolve_name(classes[name]).of(config) for name in config.objectives}
    return Learner(backbone, objectives, dict.fromkeys(config.objectives, 1.0))


def shapes_for(config: ModelConfig, source: Path) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the weights of such a model; nothing is allocated. Raises `FileError` where none can be built."""
    try:
        with torch.device("meta"):
            learner = saved_learner(config)
    except Exception as error:  # whatever a library says to a model that cannot be
        raise FileError(f"{source}: no model can be built from it ({' '.join(str(error).split())}); {REMEDY}") from None
    return {name: tuple(weight.shape) for name, weight in learner.state_dict().items()}


def require_fit(folder: Path, config: ModelConfig) -> None:
    """Raise `FileError` where the folder's weights are not those of its configuration, before memory is asked for."""
    wanted, given = shapes_for(config, folder / CONFIG), shapes_of(folder)
    wrong = sorted(wanted.keys() ^ given.keys()) or [name for name in wanted if wanted[name] != given[name]]
    if wrong:
        named = first_few(wrong, MOST_NAMES)
        raise FileError(f"{folder}: the weights are not those of a model of its {CONFIG}'s sizes: {named}; {REMEDY}")


def saved_weights(folder: Path, config: ModelConfig) -> dict[str, Tensor]:
    """Return the weights of the model folder whose configuration is `config`. Raises `FileError` where the two do not fit."""
    require_fit(folder, config)
    return load_weights(folder)


def loaded_learner(folder: Path, config: ModelConfig) -> Learner:
    """Return the modules of the model folder whose configuration is `config`, with its weights."""
    weights = saved_weights(folder, config)
    learner = saved_learner(config)
    fill(learner, weights)
    return learner
