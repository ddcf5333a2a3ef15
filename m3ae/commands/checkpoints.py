"""`m3ae import`, `m3ae export`: the authors' checkpoints."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option, echo

Checkpoint = Annotated[Path, Argument(help="a file of the authors' code")]
Folder = Annotated[Path, Argument(help="a model folder")]
Tokenizer = Annotated[str | None, Option(help="name or folder; default: the one that the checkpoint names")]


def import_checkpoint(checkpoint: Checkpoint, folder: Folder, tokenizer: Tokenizer = None) -> None:
    """Turn an authors' checkpoint into a model folder."""
    from m3ae.authors.convert import import_file  # torch and transformers take seconds to load

    import_file(checkpoint, folder, tokenizer)
    echo(f"model folder: {folder}")


def export_checkpoint(folder: Folder, checkpoint: Checkpoint) -> None:
    """Turn a model folder into an authors' checkpoint."""
    from m3ae.authors.convert import export_folder

    export_folder(folder, checkpoint)
    echo(f"checkpoint: {checkpoint}")
