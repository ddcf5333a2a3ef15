"""A model on disk, after Hugging Face's habit: config.json, model.safetensors, the tokenizer's files, how images and texts are
made ready, and a model card, in one folder.
"""

from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file
from torch import Tensor

from m3ae.batches.images import CLIP_MEAN, CLIP_STD
from m3ae.disk.json import write_json_exactly
from m3ae.model.config import WEIGHTS, ModelConfig, save_config
from m3ae.model.tokenizer_files import copy_tokenizer

CARD = "README.md"
PREPROCESSOR, PROCESSOR = "preprocessor_config.json", "processor_config.json"


def save_model(
    folder: Path, config: ModelConfig, weights: dict[str, Tensor], tokenizer: Path, card: str, stored: dict[str, Any] | None = None
) -> None:
    """Write a model folder. `tokenizer` is a tokenizer's folder or another model's, to copy from; `card` is the README.md.

    `stored` says how the images were stored that it was trained on (`m3ae.shards.read.stored_as`); None: at the side that it reads.
    """
    folder.mkdir(parents=True, exist_ok=True)
    save_config(folder, config)
    sizes = {"image_px": config.model.image_px, "text_tokens": config.model.text_tokens}
    stored = stored or {"stored_px": config.model.image_px}
    write_json_exactly(
        folder / PREPROCESSOR, {"image_processor_type": "M3AEImageProcessor", **image_steps(config.model.image_px), **stored}
    )
    write_json_exactly(folder / PROCESSOR, {"processor_class": "M3AEProcessor", **sizes, **stored})
    (folder / CARD).write_text(card)
    save_file({name: tensor.contiguous() for name, tensor in weights.items()}, folder / WEIGHTS)
    copy_tokenizer(tokenizer, folder)


def image_steps(image_px: int) -> dict[str, Any]:
    """Return what is done to an image, in the words of Hugging Face's image processors."""
    return {
        "do_center_crop": True,
        "crop_size": "the shorter side, square",
        "do_resize": True,
        "size": {"height": image_px, "width": image_px},
        "resample": 3,
        "do_rescale": True,
        "rescale_factor": 1 / 255,
        "do_normalize": True,
        "image_mean": list(CLIP_MEAN),
        "image_std": list(CLIP_STD),
        "do_convert_rgb": True,
    }


def load_weights(folder: Path) -> dict[str, Tensor]:
    """Return the weights by name. Raises SystemExit where the folder has none."""
    if not (folder / WEIGHTS).is_file():
        raise SystemExit(f"{folder / WEIGHTS}: no such file, though {folder} describes a model; copy or make the folder again, whole")
    return load_file(folder / WEIGHTS)
