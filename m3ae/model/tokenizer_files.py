"""Which files of a model folder are its tokenizer."""

import shutil
from pathlib import Path

TOKENIZER_FILES = ("*token*.json", "vocab*", "merges.txt", "*.model")


def copy_tokenizer(source: Path, target: Path) -> None:
    """Copy the tokenizer of a model's or a tokenizer's folder, and nothing else."""
    target.mkdir(parents=True, exist_ok=True)
    for pattern in TOKENIZER_FILES:
        for file in sorted(source.glob(pattern)):
            shutil.copy(file, target)
