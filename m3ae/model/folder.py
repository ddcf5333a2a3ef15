"""A model on disk, after Hugging Face's habit: config.json, model.safetensors, the tokenizer's files, how images and texts are
made ready, and a model card, in one folder.
"""

import json
import shutil
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from safetensors.torch import load_file, save_file
from torch import Tensor

from m3ae.images import CLIP_DEVIATION, CLIP_MEAN
from m3ae.model.backbone import Described
from m3ae.model.learner import Learner
from m3ae.model.params import Method, ModelParams
from m3ae.params import Block

CONFIG, WEIGHTS, CARD = "config.json", "model.safetensors", "README.md"
PREPROCESSOR, PROCESSOR = "preprocessor_config.json", "processor_config.json"
TOKENIZER_FILES = ("*token*.json", "vocab*", "merges.txt", "*.model")
VISION = "backbone.vision."


class ModelConfig(Block):
    """All that it takes to build the modules that the weights fit into."""

    model: ModelParams
    method: Method
    objectives: tuple[str, ...]
    vocabulary: int
    num_labels: int = 0  # of a fine-tuned head that answers or classifies
    vision: dict[str, Any] | None = None  # see Described
    text: dict[str, Any] | None = None

    def encoders(self) -> Described:
        return Described(self.vision, self.text)

    def at(self, image_px: int) -> "ModelConfig":
        """The same model for images of another size."""
        return self.model_copy(update={"model": ModelParams(**{**self.model.model_dump(), "image_px": image_px})})


def save_model(folder: Path, config: ModelConfig, weights: dict[str, Tensor], tokenizer: Path, card: str) -> None:
    """`tokenizer` is a tokenizer's folder or another model's, of which only the tokenizer is taken; `card` is the README.md."""
    folder.mkdir(parents=True, exist_ok=True)
    write_exactly(folder / CONFIG, {"model_type": "m3ae", **config.model_dump(mode="json")})
    write_exactly(folder / PREPROCESSOR, image_steps(config.model.image_px))
    sizes = {"image_px": config.model.image_px, "text_tokens": config.model.text_tokens}
    write_exactly(folder / PROCESSOR, {"processor_class": "M3AEProcessor", **sizes})
    (folder / CARD).write_text(card)
    save_file({name: tensor.contiguous() for name, tensor in weights.items()}, folder / WEIGHTS)
    for suffix in TOKENIZER_FILES:
        for file in sorted(tokenizer.glob(suffix)):
            shutil.copy(file, folder)


def write_exactly(path: Path, content: dict[str, Any]) -> None:
    """Unlike metrics, no digit is cut."""
    path.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n")


def image_steps(image_px: int) -> dict[str, Any]:
    """What is done to an image, in the words of Hugging Face's image processors."""
    return {
        "do_center_crop": True, "crop_size": "the shorter side, square", "do_resize": True, "size": {"height": image_px, "width": image_px},
        "resample": 3, "do_rescale": True, "rescale_factor": 1 / 255, "do_normalize": True,
        "image_mean": list(CLIP_MEAN), "image_std": list(CLIP_DEVIATION), "do_convert_rgb": True,
    }  # fmt: skip


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
