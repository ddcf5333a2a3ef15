"""An authors' checkpoint <-> one of our model folders, bit for bit. Paper's code, released checkpoints."""

import json
import re
import shutil
from collections.abc import Iterable
from math import prod
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file
from torch import Tensor

from m3ae.authors.files import AuthorsFile, read, write
from m3ae.authors.names import authors_name
from m3ae.authors.sizes import model_config
from m3ae.batches.tokenizer import fetch
from m3ae.disk.digest import name_of_file
from m3ae.disk.folders import new_folder
from m3ae.disk.json import write_json_exactly
from m3ae.disk.whole import write_digests
from m3ae.model.card import model_card, shown
from m3ae.model.config import ModelConfig, load_config
from m3ae.model.folder import CARD, save_model
from m3ae.objectives.saved import saved_weights, shapes_for

PUBLISHED = re.compile(r"[\w.-]+(/[\w.-]+)?")  # a hub's name, or the folder under the working one where the authors keep a copy
UNUSED, SETTINGS = "authors_unused.safetensors", "authors_settings.json"
# What the authors' model carries and never reads: CLIP's text side and projection, the text encoder's pooler, fixed positions.
CARRIED = (
    "language_encoder.pooler.",
    "language_encoder.embeddings.position_ids",
    "mim_head.decoder_pos_embed",
    "vision_encoder.visual.proj",
    "vision_encoder.transformer.",
    "vision_encoder.token_embedding.",
    "vision_encoder.positional_embedding",
    "vision_encoder.ln_final.",
    "vision_encoder.text_projection",
    "vision_encoder.logit_scale",
)
FROZEN_IN_RETRIEVAL = ("itm_head.",)  # a retrieval file keeps the matching head that its own started from


def import_file(path: Path, folder: Path, tokenizer: str | None = None) -> None:
    """Write checkpoint `path` as the model folder `folder`, with the tokenizer that the file names (or `tokenizer`, a name or a folder).

    Raises `SystemExit` that lists missing, surplus and misshapen tensors by the authors' names, or says why `folder` or the
    tokenizer will not do; then nothing is written.
    """
    if folder.exists():
        raise SystemExit(f"{folder}: is there already; remove it, or name another folder")
    file = read(path)
    config = model_config(file, path)
    weights, unused = converted(file.weights, config, path)
    words = fetch(tokenizer or named_tokenizer(file, path))
    if len(words) > config.vocabulary:
        raise SystemExit(f"{path}: has {config.vocabulary} tokens, but the tokenizer {len(words)}; name the model's own with --tokenizer")
    source = {"digest of the checkpoint": name_of_file(path)}
    about = model_card("M3AE, imported", synthetic=False, code="the authors'", source=source, settings=file.settings)
    with new_folder(folder) as partial:
        words.save_pretrained(partial / "tokenizer")
        save_model(partial, config, weights, partial / "tokenizer", about)
        shutil.rmtree(partial / "tokenizer")
        save_file(unused, partial / UNUSED)
        write_json_exactly(partial / SETTINGS, file.settings)
        write_digests(partial, besides=[CARD])


def named_tokenizer(file: AuthorsFile, path: Path) -> str:
    """Return the name of a published tokenizer. Raises `SystemExit` where the file has none, or another place on this machine."""
    name = file.settings.get("tokenizer")
    if not isinstance(name, str) or not PUBLISHED.fullmatch(name) or ".." in name:
        raise SystemExit(f"{path}: names no published tokenizer ({shown(name)}); give the model's own with --tokenizer")
    return name


def export_folder(folder: Path, path: Path) -> None:
    """Write a model folder as a file that the authors' code loads. A folder that was not imported gives the settings that it can."""
    config = load_config(folder)
    weights = saved_weights(folder, config)
    names = authors_names(weights, config)
    own = {names[name]: as_authors(name, tensor) for name, tensor in weights.items()}
    unused = load_file(folder / UNUSED) if (folder / UNUSED).is_file() else {}
    write(path, AuthorsFile(own | unused, settings(folder, config)))


def converted(given: dict[str, Tensor], config: ModelConfig, path: Path) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Return our weights and what is carried along unused. Raises `SystemExit` as `import_file` does."""
    wanted = shapes_for(config, path)
    names = authors_names(wanted, config)
    carried = CARRIED if config.objectives != ("retrieval",) else CARRIED + FROZEN_IN_RETRIEVAL
    unused = {name: tensor.contiguous() for name, tensor in given.items() if name.startswith(carried)}
    missing = [name for name in names.values() if name not in given]
    surplus = sorted(given.keys() - set(names.values()) - unused.keys())
    misshapen = [names[ours] for ours, shape in wanted.items() if names[ours] in given and given[names[ours]].numel() != prod(shape)]
    problems = [
        f"{what}: {', '.join(found)}" for what, found in (("missing", missing), ("surplus", surplus), ("misshapen", misshapen)) if found
    ]
    if problems:
        raise SystemExit(f"{path}: its tensors do not make a model; " + "; ".join(problems))
    return {ours: given[names[ours]].reshape(shape) for ours, shape in wanted.items()}, unused


def authors_names(weights: Iterable[str], config: ModelConfig) -> dict[str, str]:
    """Return our name -> the authors' name, for each of these weights."""
    return {name: authors_name(name, config.model.decoder_depth) for name in weights}


def as_authors(name: str, tensor: Tensor) -> Tensor:
    """Return a tensor in the authors' shape: ours keeps a leading axis of pairs where theirs has none."""
    if name == "backbone.vision.class_token":
        return tensor.flatten()
    return tensor.squeeze(0) if name == "backbone.vision.positions" else tensor


def settings(folder: Path, config: ModelConfig) -> dict[str, Any]:
    """Return the authors' settings that came with the model, or those that its configuration tells."""
    if (folder / SETTINGS).is_file():
        return json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
    model = config.model
    return {
        "tokenizer": model.text_encoder,
        "image_size": model.image_px,
        "patch_size": model.patch_px,
        "max_text_len": model.text_tokens,
        "hidden_size": model.fusion_width,
        "num_heads": model.fusion_heads,
        "num_top_layer": model.fusion_depth,
        "vision_heads": model.vision_heads,
        "text_heads": model.text_heads,
        "drop_rate": model.dropout,
        "text_drop_rate": model.dropout,
        "mim_layer": config.method.mim_layer if config.method else -1,
        "mim_decoder_hidden_size": model.decoder_width,
        "mim_decoder_num_layers": model.decoder_depth,
        "mim_decoder_num_heads": model.decoder_heads,
    }
