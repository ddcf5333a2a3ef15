"""A model on disk, after Hugging Face's habit: config.json, model.safetensors, the tokenizer's files, how images and texts are
made ready, a model card, and the digests of all but the card, in one folder.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from m3ae.batches.images import CLIP_MEAN, CLIP_STD
from m3ae.disk.json import FileError, write_json_exactly
from m3ae.disk.whole import require_whole_folder, write_digests
from m3ae.model.config import REMEDY, WEIGHTS, ModelConfig, save_config
from m3ae.model.tokenizer_files import copy_tokenizer

T = TypeVar("T")
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
    steps = {"image_processor_type": "M3AEImageProcessor", **image_steps(config.model.image_px), **stored}
    write_json_exactly(folder / PREPROCESSOR, steps)
    write_json_exactly(folder / PROCESSOR, {"processor_class": "M3AEProcessor", **sizes, **stored})
    (folder / CARD).write_text(card, encoding="utf-8")
    save_file({name: tensor.contiguous() for name, tensor in weights.items()}, folder / WEIGHTS)
    copy_tokenizer(tokenizer, folder)
    write_digests(folder, besides=[CARD])


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
    """Return the weights by name. Raises `FileError` where the folder has none, or others than were written."""
    require_whole_folder(folder, REMEDY)
    return read_weights(folder / WEIGHTS, load_file)


def shapes_of(folder: Path) -> dict[str, tuple[int, ...]]:
    """Return the shape of each weight, as the file's head has it; no weight is read. Raises `FileError` as `load_weights` does."""

    def shapes(path: Path) -> dict[str, tuple[int, ...]]:
        with safe_open(path, "pt") as file:
            return {name: tuple(file.get_slice(name).get_shape()) for name in file.offset_keys()}

    return read_weights(folder / WEIGHTS, shapes)


def read_weights(path: Path, read: Callable[[Path], T]) -> T:
    if not path.is_file():
        raise FileError(f"{path}: no such file, though {path.parent} describes a model; copy or make the folder again, whole")
    try:
        return read(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise FileError(f"{path}: cannot be read as weights ({error}); {REMEDY}") from None
