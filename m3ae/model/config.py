"""All that it takes to build the modules that a saved model's weights fit into: a model folder's config.json."""

import json
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from m3ae.disk.json import write_json_exactly
from m3ae.method import Reconstruction
from m3ae.model.params import ModelParams
from m3ae.params import Block

CONFIG, WEIGHTS = "config.json", "model.safetensors"
MODEL_TYPE = "m3ae"


class Described(NamedTuple):
    """The encoders as a saved model knows them, so that no hub is asked for them; None: `ModelParams` says enough."""

    vision: dict[str, Any] | None = None  # timm's name and arguments
    text: dict[str, Any] | None = None  # a Hugging Face configuration


class ModelConfig(Block):
    """What a model is, its weights aside."""

    model: ModelParams
    method: Reconstruction | None  # None: it was made for no pre-training objective
    objectives: tuple[str, ...]
    vocabulary: int
    num_labels: int = 0  # of a fine-tuned head that answers or classifies
    vision: dict[str, Any] | None = None  # see Described
    text: dict[str, Any] | None = None

    def encoders(self) -> Described:
        return Described(self.vision, self.text)

    def at(self, image_px: int, text_tokens: int) -> "ModelConfig":
        """Return the same model for images and texts of other sizes."""
        sizes = {**self.model.model_dump(), "image_px": image_px, "text_tokens": text_tokens}
        return self.model_copy(update={"model": ModelParams(**sizes)})

    def without_pretraining(self) -> "ModelConfig":
        """Return the same architecture for a model that starts from scratch: without method, objectives or labels."""
        return self.model_copy(update={"method": None, "objectives": (), "num_labels": 0})


def load_config(folder: Path) -> ModelConfig:
    """Read a model folder's config.json. Raises `SystemExit` where `folder` holds no model of this project."""
    path = folder / CONFIG
    try:
        content = json.loads(path.read_text())
        content.pop("model_type", None)
        return ModelConfig(**content)
    except (OSError, ValueError, ValidationError) as error:
        raise SystemExit(f"{path}: not a model of this project ({error}); run `dvc repro pretrain`") from None


def save_config(folder: Path, config: ModelConfig) -> None:
    write_json_exactly(folder / CONFIG, {"model_type": MODEL_TYPE, **config.model_dump(mode="json")})
