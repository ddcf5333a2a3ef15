"""Where the named encoders and the tokenizer come from: a digest of a local folder's files, or the commit of a hub's name.

DVC sees neither, so `encoders` looks at them whenever the pipeline runs, and what they make runs again where they are others.
"""

import hashlib
from pathlib import Path
from typing import Any

from m3ae.batches.params import TRAINED
from m3ae.disk.digest import sha256_of_file
from m3ae.disk.json import FileError
from m3ae.model.params import SCRATCH

LOCAL = "local-dir:"  # how timm is told of a folder
HUBS = ("hf-hub:", "hf_hub:")
FILES = ("config.json", "tokenizer_config.json", "model.safetensors", "pytorch_model.bin", "open_clip_model.safetensors")


def origins(vision_encoder: str, text_encoder: str, tokenizer: str) -> dict[str, dict[str, str]]:
    """Return what each of the three is called and, unless it is made here, its digest or commit; the same content for the same files.

    Raises `FileError` where a name is neither a folder nor in the local cache of a hub.
    """
    named = {"vision_encoder": vision_encoder, "text_encoder": text_encoder, "tokenizer": tokenizer}
    return {part: {"source": name, **origin(part, name)} for part, name in named.items()}


def origin(part: str, name: str) -> dict[str, str]:
    if name in (SCRATCH, TRAINED):
        return {}
    folder = Path(name.removeprefix(LOCAL))
    if folder.is_dir():
        return {"sha256": digest_of_folder(folder)}
    return {"commit": commit_of(hub_name(name) if part == "vision_encoder" else name, name)}


def digest_of_folder(folder: Path) -> str:
    """Return one digest for the names and bytes of all files in the folder, hidden ones aside."""
    files = (path for path in folder.rglob("*") if path.is_file())
    visible = sorted(path for path in files if not any(part.startswith(".") for part in path.relative_to(folder).parts))
    digest = hashlib.sha256()
    for path in visible:
        digest.update(f"{path.relative_to(folder).as_posix()}\0{sha256_of_file(path)}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def hub_name(name: str) -> str:
    """Return the repository that timm takes a name's weights from."""
    import timm  # for seconds, which a pipeline without named encoders does not wait

    if name.startswith(HUBS):
        return name.partition(":")[2]
    config: Any = timm.get_pretrained_cfg(name, allow_unregistered=True)
    return (config.hf_hub_id if config else None) or name


def commit_of(repository: str, name: str) -> str:
    """Return the commit of a repository's files in the local cache, which the stages load. What is not there is fetched first."""
    from huggingface_hub import hf_hub_download, try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        cached = next((path for file in FILES if isinstance(path := try_to_load_from_cache(repository, file), str)), None)
        return Path(cached or hf_hub_download(repository, FILES[0])).parent.name
    except (OSError, ValueError, HFValidationError) as error:
        said = " ".join(str(error).split())[:300]
        raise FileError(f"{name}: is neither a folder nor in the local cache of a hub ({said}); fetch it, or give a folder") from None
