"""A model on disk: config.json, model.safetensors and the tokenizer's files in one folder."""

import json
import shutil
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from safetensors.torch import load_file, save_file
from torch import Tensor

from m3ae.model.learner import Learner
from m3ae.model.params import Method, ModelParams
from m3ae.model.vision import resize_positions
from m3ae.params import Block

CONFIG, WEIGHTS = "config.json", "model.safetensors"
POSITIONS = "backbone.vision.positions"


class ModelConfig(Block):
    """All that it takes to build the modules that the weights fit into."""

    model: ModelParams
    method: Method
    objectives: tuple[str, ...]
    vocabulary: int
    num_labels: int = 0  # of a fine-tuned head that answers or classifies
    text: dict[str, Any] | None = None  # the text encoder's own configuration, so that no hub is asked for it; None: `model` says enough

    def at(self, image_px: int) -> "ModelConfig":
        """The same model for images of another size."""
        return self.model_copy(update={"model": ModelParams(**{**self.model.model_dump(), "image_px": image_px})})


def save_model(folder: Path, config: ModelConfig, weights: dict[str, Tensor], tokenizer: Path) -> None:
    """`tokenizer` is a tokenizer's folder or another model's, of which only the tokenizer is taken."""
    folder.mkdir(parents=True, exist_ok=True)
    content = {"model_type": "m3ae", **config.model_dump(mode="json")}
    (folder / CONFIG).write_text(json.dumps(content, indent=1, sort_keys=True) + "\n")
    save_file({name: tensor.contiguous() for name, tensor in weights.items()}, folder / WEIGHTS)
    for file in sorted(tokenizer.iterdir()):
        if file.name not in (CONFIG, WEIGHTS):
            shutil.copy(file, folder)


def load_config(folder: Path) -> ModelConfig:
    path = folder / CONFIG
    try:
        content = json.loads(path.read_text())
        content.pop("model_type", None)
        return ModelConfig(**content)
    except (OSError, ValueError, ValidationError) as error:
        raise SystemExit(f"{path}: not a model of this project ({error}); run `dvc repro pretrain`") from None


def load_weights(folder: Path) -> dict[str, Tensor]:
    return load_file(folder / WEIGHTS)


def fill(learner: Learner, weights: dict[str, Tensor], part: str = "") -> None:
    """Put the weights whose names start with `part` into the learner, positions resized to its image size.

    Raises ValueError that lists missing, surplus and misshapen tensors; nothing is half-loaded.
    """
    wanted = {name: tensor for name, tensor in learner.state_dict().items() if name.startswith(part)}
    given = {name: tensor for name, tensor in weights.items() if name.startswith(part)}
    if POSITIONS in given:
        given[POSITIONS] = resize_positions(given[POSITIONS], wanted[POSITIONS].shape[1] - 1)
    wrong = sorted(wanted.keys() ^ given.keys()) or [name for name in wanted if wanted[name].shape != given[name].shape]
    if wrong:
        raise ValueError(f"the weights do not fit the model: {', '.join(wrong)}")
    learner.load_state_dict(given, strict=False)
