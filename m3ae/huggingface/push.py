"""A model folder on the hub, as it lies here: weights, tokenizer, card, and the code that loads it."""

import shutil
import tempfile
from pathlib import Path

from huggingface_hub import HfApi

from m3ae.huggingface.own_code import carry_code
from m3ae.model.config import load_config
from m3ae.model.folder import CARD
from m3ae.report.revision import line


def push_folder(folder: Path, repository: str, api: HfApi, private: bool) -> str:
    """Upload a model folder with its card, to which the commit is added where `folder` lies in a clone, and return its address.

    Unlike `push_to_hub` of transformers it keeps the card. Raises `SystemExit` where `folder` holds no model of this project.
    """
    load_config(folder)
    created = api.create_repo(repository, private=private, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        copy = Path(shutil.copytree(folder, Path(name, "model")))
        carry_code(copy)
        if commit := line("-C", str(folder), "rev-parse", "HEAD"):
            said = (copy / CARD).read_text(encoding="utf-8")
            (copy / CARD).write_text(f"{said}\n## Commit\n\n- of the clone that it was pushed from: {commit}\n", encoding="utf-8")
        api.upload_folder(repo_id=created.repo_id, folder_path=copy, commit_message="Upload a model folder of M3AE-DVC")
    return str(created)
