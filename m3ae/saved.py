"""The modules that a model folder's weights fit into, whatever the model was trained for."""

from m3ae.model.backbone import build_backbone
from m3ae.model.build import objective
from m3ae.model.folder import ModelConfig
from m3ae.model.learner import Learner
from m3ae.objectives.answer import Classification, QuestionAnswering
from m3ae.objectives.base import Objective
from m3ae.objectives.retrieval import Retrieval


def saved_learner(config: ModelConfig) -> Learner:
    """Newly drawn; neither a hub nor another file is asked for anything."""
    backbone = build_backbone(config.model, config.vocabulary, config.encoders(), load_weights=False)
    return Learner(backbone, {name: saved_objective(name, config) for name in config.objectives}, dict.fromkeys(config.objectives, 1.0))


def saved_objective(name: str, config: ModelConfig) -> Objective:
    if name == "answer":
        return QuestionAnswering(config.model, config.num_labels)
    if name == "classify":
        return Classification(config.model, config.num_labels)
    return Retrieval(config.model) if name == "retrieval" else objective(name, config)
