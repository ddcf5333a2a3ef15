"""The authors' checkpoint files, read and written without running anything in them.

A file is a pickle, which also holds objects of the trainer that wrote it. torch's restricted unpickler reads tensors and
plain containers. Every other class that the file names is either one of the trainer's, for which an inert stand-in is read,
or a reason to refuse the file. Nothing that a file names is imported.
"""

import json
import zipfile
from pathlib import Path
from typing import Any, NamedTuple, TypeGuard

import torch
from torch import Tensor
from torch.serialization import get_unsafe_globals_in_checkpoint, safe_globals

from m3ae.model.card import shown

TRAINER = ("pytorch_lightning.", "lightning.", "lightning_fabric.", "torchmetrics.")  # packages whose objects such a file may hold


COUNTED = ".position_ids"  # fixed positions, whole numbers
MOST_SHARED = 4  # times the file: two names may stand for one tensor, as those of tied weights do


class Inert(dict[str, Any]):
    """The stand-in for a trainer's object; nobody looks at it."""


class AuthorsFile(NamedTuple):
    weights: dict[str, Tensor]  # under the authors' names
    settings: dict[str, Any]  # what the authors' code was called with


def read(path: Path) -> AuthorsFile:
    """Read a checkpoint. Raises `SystemExit` where the file is not one of the authors', or names a class that none needs."""
    content = load(path, acceptable(path))
    weights, parameters = content.get("state_dict"), content.get("hyper_parameters", {})
    if not is_named(weights) or not all(isinstance(tensor, Tensor) for tensor in weights.values()):
        raise SystemExit(f"{path}: has no `state_dict` of tensors; give a file that the authors' code saved")
    settings = parameters.get("config", {}) if is_named(parameters) else None
    if not is_named(settings):
        raise SystemExit(f"{path}: has no `hyper_parameters` with a `config` of named settings; give a file that the authors' code saved")
    require_plain(weights, path)
    try:
        json.dumps(settings)
    except (TypeError, ValueError, RecursionError) as error:
        raise SystemExit(f"{path}: its settings are no plain values ({error}); get the file from its source") from None
    return AuthorsFile(dict(weights), dict(settings))


def require_plain(weights: dict[str, Tensor], path: Path) -> None:
    """Raise `SystemExit` at the first tensor that is no weight, or where all together are more than the file holds."""
    remedy = "get the file from its source, or save it again with plain weights"
    for name, tensor in weights.items():
        if wrong := problem(name, tensor):
            raise SystemExit(f"{path}: {shown(name)} {wrong}; {remedy}")
    told, held = sum(tensor.nbytes for tensor in weights.values()), path.stat().st_size
    if told > MOST_SHARED * held:
        raise SystemExit(f"{path}: its tensors are said to be {told:,} bytes, and the file has {held:,}; {remedy}")


def is_named(content: Any) -> TypeGuard[dict[str, Any]]:
    return isinstance(content, dict) and all(isinstance(name, str) for name in content)


def problem(name: str, tensor: Tensor) -> str:
    """Return why a tensor is no weight, "" where it is one. None of its numbers is copied before its size is known to be true."""
    if tensor.layout != torch.strided or tensor.device.type != "cpu" or tensor.is_quantized:
        return f"is no plain tensor on the CPU ({tensor.layout}, {tensor.device.type})"
    held = tensor.untyped_storage().nbytes() // tensor.element_size()
    if tensor.numel() > held:
        return f"is said to hold {tensor.numel():,} numbers, and the file has {held:,} for it"
    if not tensor.is_floating_point():
        return "" if name.endswith(COUNTED) else f"holds {tensor.dtype}, no real numbers"
    return "" if tensor.isfinite().all() else "holds numbers that are not finite"


def acceptable(path: Path) -> list[str]:
    """Return the trainer's classes that the file names. Raises `SystemExit` if it names any other, or is no checkpoint."""
    require_uncompressed(path)
    try:
        names = get_unsafe_globals_in_checkpoint(path)
    except Exception as error:  # whatever a file that is no checkpoint makes torch say
        raise SystemExit(f"{path}: not a checkpoint that torch wrote ({error}); download it again") from None
    strange = [name for name in names if not name.startswith(TRAINER)]
    if strange:
        found = ", ".join(strange)
        raise SystemExit(f"{path}: refused, nothing was loaded: it names {found}, which no checkpoint needs; get it from its source")
    return names


def require_uncompressed(path: Path) -> None:
    """Raise `SystemExit` where a part of the file says that it is larger than the file: torch writes none so, and would unpack it."""
    try:
        with zipfile.ZipFile(path) as archive:
            is_larger = any(part.file_size > part.compress_size for part in archive.infolist())
    except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError):
        return  # of the older form, or none
    if is_larger:
        raise SystemExit(f"{path}: refused, nothing was loaded: it is compressed, as no checkpoint of torch is; get it from its source")


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
