"""The authors' checkpoint files, read and written without running anything in them.

A file is a pickle, which also holds objects of the trainer that wrote it. torch's restricted unpickler reads tensors and
plain containers. Every other class that the file names is either one of the trainer's, for which an inert stand-in is read,
or a reason to refuse the file. Nothing that a file names is imported.
"""

from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.serialization import get_unsafe_globals_in_checkpoint, safe_globals

TRAINER = ("pytorch_lightning.", "lightning.", "lightning_fabric.", "torchmetrics.")  # packages whose objects such a file may hold


class Inert(dict):
    """The stand-in for a trainer's object; nobody looks at it."""


class AuthorsFile(NamedTuple):
    weights: dict[str, Tensor]  # under the authors' names
    settings: dict[str, Any]  # what the authors' code was called with


def read(path: Path) -> AuthorsFile:
    """Read a checkpoint. Raises `SystemExit` where the file is not one of the authors', or names a class that none needs."""
    content = load(path, acceptable(path))
    weights, settings = content.get("state_dict"), content.get("hyper_parameters", {})
    if not isinstance(weights, dict) or not all(isinstance(tensor, Tensor) for tensor in weights.values()):
        raise SystemExit(f"{path}: has no `state_dict` of tensors; give a file that the authors' code saved")
    return AuthorsFile(dict(weights), dict(settings.get("config", {})))


def acceptable(path: Path) -> list[str]:
    """Return the trainer's classes that the file names. Raises `SystemExit` if it names any other, or is no checkpoint."""
    try:
        names = get_unsafe_globals_in_checkpoint(path)
    except Exception as error:  # whatever a file that is no checkpoint makes torch say
        raise SystemExit(f"{path}: not a checkpoint that torch wrote ({error}); download it again") from None
    strange = [name for name in names if not name.startswith(TRAINER)]
    if strange:
        found = ", ".join(strange)
        raise SystemExit(f"{path}: refused, nothing was loaded: it names {found}, which no checkpoint needs; get it from its source")
    return names


def load(path: Path, names: list[str]) -> dict[str, Any]:
    try:
        with safe_globals([(Inert, name) for name in names]):
            content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise SystemExit(f"{path}: refused, it cannot be read as plain tensors ({error})") from None
    return content if isinstance(content, dict) else {}


def write(path: Path, file: AuthorsFile) -> None:
    """Write a file that the authors' code loads: the weights under their names, and the settings."""
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"state_dict": file.weights, "hyper_parameters": {"config": file.settings}}, path)
