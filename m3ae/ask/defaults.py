"""The model that is asked where none is named: the first of the pipeline's that can do what is wanted; and what it was trained on."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from m3ae.ask.opened import AskError
from m3ae.model.config import CONFIG, PRETRAINED
from m3ae.params import load
from m3ae.tasks import TASKS

FINETUNED, SHARDS, EXCLUDED = Path("data/finetune"), Path("data/shards/pretrain"), Path("data/excluded.json")  # as dvc.yaml has them
PARAMS = Path("params.yaml")


def default_model(kinds: Sequence[str], purpose: str, option: str = "--model") -> Path:
    """Return the folder of the first trained model of the first of `kinds` that there is.

    Raises `AskError` where none is trained yet, or this is not the project's folder; `option` names one on the command line.
    """
    if not PARAMS.is_file():
        raise AskError(f"no params.yaml here, so no model is known; run this in the project's folder, or give {option} FOLDER")
    folders = [folder for kind in kinds for folder in folders_of(kind, load(PARAMS))]
    for folder in folders:
        if (folder / CONFIG).is_file():
            return folder
    raise AskError(
        f"no model that can {purpose} is trained yet ({', '.join(map(str, folders))}: not there); run `dvc repro`, or give {option} FOLDER"
    )


def folders_of(kind: str, params: dict[str, Any]) -> Iterator[Path]:
    """Yield the folders that the pipeline keeps models of a kind in, in the order of params.yaml."""
    if kind == PRETRAINED:
        yield Path(params["pretrained"])
    for task in params["tasks"]:
        if task in TASKS and TASKS[task].kind == kind:
            yield from (FINETUNED / f"{task}-{seed}" for seed in params["seeds"])


def pretraining_data() -> tuple[list[Path], Path]:
    """Return the shard folders that pre-training reads, and the list of what it leaves out.

    Raises `AskError` where this is not the project's folder.
    """
    if not PARAMS.is_file():
        raise AskError("no params.yaml here, so no training set is known; run this in the project's folder")
    return [SHARDS / release for release in load(PARAMS)["pretrain_releases"]], EXCLUDED
