"""A folder's images, each encoded once: the features are kept in the user's cache and made again where an image or the model changed.

Shapes: I images, N patches, H fusion width.
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import platformdirs
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from m3ae.ask.files import Unread, images_under, in_batches
from m3ae.ask.opened import Opened
from m3ae.disk.digest import sha256_of_file
from m3ae.model.config import WEIGHTS

ENCODED_AT_ONCE = 32


class Index(NamedTuple):
    """The images that could be read, their features and the others."""

    paths: list[Path]
    features: Tensor  # (I, 1 + N, H)
    unread: list[Unread]


def index_of(model: Opened, folder: Path) -> Index:
    """Return the index of the images under `folder`; only those that are new or changed are encoded."""
    place = place_of_index(model, str(folder.resolve()))
    kept = read(place)
    stamps = {path: stamp(path) for path in images_under(folder)}
    wanted = [path for path in stamps if stamps[path] not in kept]
    unread = []
    for path, features in in_batches(wanted, ENCODED_AT_ONCE, lambda paths: encoded(model, paths), "image"):
        if isinstance(features, Unread):
            unread.append(features)
        else:
            kept[stamps[path]] = features
    kept = {key: kept[key] for key in stamps.values() if key in kept}
    if wanted:
        write(place, kept)
    paths = [path for path, key in stamps.items() if key in kept]
    features = torch.stack([kept[stamps[path]] for path in paths]) if paths else torch.empty(0)
    return Index(paths, features.to(model.device), unread)


def place_of_index(model: Opened, indexed: str) -> Path:
    """Return the file that keeps an index: its name is the digest of the model's weights and of what says which images are indexed."""
    name = hashlib.sha256(f"{sha256_of_file(model.folder / WEIGHTS)} {indexed}".encode()).hexdigest()[:32]
    return platformdirs.user_cache_path("m3ae") / "search" / f"{name}.safetensors"


def stamp(path: Path) -> str:
    status = path.stat()
    return json.dumps([str(path.resolve()), status.st_size, status.st_mtime_ns])


@torch.no_grad()
def encoded(model: Opened, images: Sequence[Any]) -> Tensor:
    """Return the features of images (B, 1 + N, H), on the CPU."""
    return model.learner.backbone.encode_image(model.images(images)).cpu()


def read(place: Path) -> dict[str, Tensor]:
    """Return what an index holds, by the images' stamps; nothing where there is none that can be read."""
    try:
        with safe_open(place, "pt") as file:
            return {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError):
        return {}


def write(place: Path, kept: dict[str, Tensor]) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    partial = place.with_suffix(".partial")
    save_file({key: features.contiguous() for key, features in kept.items()}, partial)
    partial.replace(place)
