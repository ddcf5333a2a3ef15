"""All that it takes to build the modules that a saved model's weights fit into: a model folder's config.json."""

import json
from pathlib import Path
from typing import Any, NamedTuple, Self

from pydantic import ValidationError, model_validator

from m3ae.disk.json import write_json_exactly
from m3ae.method import Reconstruction
from m3ae.model.params import ModelParams
from m3ae.params import Block

CONFIG, WEIGHTS = "config.json", "model.safetensors"
MODEL_TYPE = "m3ae"
PRETRAINED = "pretrain"  # the kind of a model that was fine-tuned for no task
KIND_OF_HEAD = {"answer": "answer", "classify": "classify", "retrieval": "retrieve"}  # a fine-tuned model's one objective -> its kind
# What config.json says for others to read: it follows from the rest, or is what transformers adds.
FOR_OTHERS = ("model_type", "kind", "label2id", "architectures", "auto_map", "dtype", "transformers_version")


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
    id2label: dict[int, str] = {}  # what each of its logits stands for; empty where nothing names them, as in an imported checkpoint
    task: str = ""  # that it was fine-tuned for, and its title; "" where it was for none, or for one that nothing names
    task_title: str = ""
    vision: dict[str, Any] | None = None  # see Described
    text: dict[str, Any] | None = None

    @model_validator(mode="after")
    def every_label_has_a_name(self) -> Self:
        named = self.id2label
        if named and (sorted(named) != list(range(self.num_labels)) or len(set(named.values())) != len(named)):
            raise ValueError(f"id2label does not name each of {self.num_labels} labels once")
        return self

    @property
    def kind(self) -> str | None:
        """Return the kind of task it was fine-tuned for, "pretrain" where it was for none, None where it was trained for nothing."""
        if not self.objectives:
            return None
        return KIND_OF_HEAD.get(self.objectives[0], PRETRAINED)

    @property
    def labels(self) -> list[str]:
        """Return the names of the labels, in the order of their logits."""
        return [self.id2label[number] for number in sorted(self.id2label)]

    def encoders(self) -> Described:
        return Described(self.vision, self.text)

    def at(self, image_px: int, text_tokens: int) -> "ModelConfig":
        """Return the same model for images and texts of other sizes."""
        sizes = {**self.model.model_dump(), "image_px": image_px, "text_tokens": text_tokens}
        return self.model_copy(update={"model": ModelParams(**sizes)})

    def without_pretraining(self) -> "ModelConfig":
        """Return the same architecture for a model that starts from scratch: without method, objectives or labels."""
        return self.model_copy(update={"method": None, "objectives": (), "num_labels": 0, "id2label": {}, "task": "", "task_title": ""})

    def content(self) -> dict[str, Any]:
        """Return what config.json holds."""
        label2id = {name: number for number, name in self.id2label.items()}
        return {"model_type": MODEL_TYPE, "kind": self.kind, "label2id": label2id, **self.model_dump(mode="json")}

    @classmethod
    def of(cls, content: dict[str, Any]) -> "ModelConfig":
        """Return the configuration that a config.json holds. Raises `ValidationError` where it holds none."""
        return cls(**{name: value for name, value in content.items() if name not in FOR_OTHERS})


def load_config(folder: Path) -> ModelConfig:
    """Read a model folder's config.json. Raises `SystemExit` where `folder` holds no model of this project."""
    path = folder / CONFIG
    try:
        return ModelConfig.of(json.loads(path.read_text()))
    except (OSError, ValueError, ValidationError) as error:
        raise SystemExit(f"{path}: not a model of this project ({error}); run `dvc repro pretrain`") from None


def save_config(folder: Path, config: ModelConfig) -> None:
    write_json_exactly(folder / CONFIG, config.content())
