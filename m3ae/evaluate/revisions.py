"""The predictions of the pre-trained model at a git revision, of a DVC experiment or in the workspace; nothing is checked out."""

import re
from contextlib import suppress
from pathlib import PurePosixPath

import polars as pl
from dvc.api import DVCFileSystem
from dvc.exceptions import DvcException
from fsspec import AbstractFileSystem
from fsspec.implementations.local import LocalFileSystem

WORKSPACE = "workspace"
EVALUATED = "data/evaluate"  # holds <task>-<seed>/pretrained.parquet
ZERO_SHOT = "data/zero_shot"
Runs = dict[int, pl.DataFrame]  # seed -> predictions


class RevisionError(SystemExit):
    """A revision's predictions cannot be read; the message says which, and what to do."""


def predictions(revision: str) -> dict[str, Runs]:
    """Return the runs of each task, and zero-shot retrieval's one run under `zero_shot`.

    Raises `RevisionError` where there is no such revision, where it has no predictions and where DVC has lost them.
    """
    try:
        found = read_all(opened(revision), revision)
    except DvcException as error:
        raise RevisionError(
            f"{revision}: {error}; give a git revision, an experiment that has run (`dvc exp show` names them) or `{WORKSPACE}`"
        ) from None
    if not found:
        raise RevisionError(f"{revision}: no predictions in {EVALUATED} or {ZERO_SHOT}; run `dvc repro` there first")
    return found


def opened(revision: str) -> AbstractFileSystem:
    """Return the files at `revision`. The workspace's are the disk's: for what is missing there DVC would show the last run's."""
    return LocalFileSystem() if revision == WORKSPACE else DVCFileSystem(rev=revision)


def read_all(files: AbstractFileSystem, revision: str) -> dict[str, Runs]:
    found: dict[str, Runs] = {}
    for name in sorted(listed(files, EVALUATED)):
        run = re.fullmatch(r"(.+)-(\d+)", name)
        if run and (table := read(files, f"{EVALUATED}/{name}", "pretrained.parquet", revision)) is not None:
            found.setdefault(run[1], {})[int(run[2])] = table
    folder = PurePosixPath(ZERO_SHOT)
    if folder.name in listed(files, str(folder.parent)) and (table := read(files, ZERO_SHOT, "predictions.parquet", revision)) is not None:
        found[folder.name] = {0: table}
    return found


def listed(files: AbstractFileSystem, folder: str) -> list[str]:
    """Return the names in a folder; none where there is no folder."""
    try:
        return [PurePosixPath(path).name for path in files.ls(folder, detail=False)]
    except FileNotFoundError:
        return []


def read(files: AbstractFileSystem, folder: str, name: str, revision: str) -> pl.DataFrame | None:
    """Return a table; None where the stage has left word that there was nothing to test."""
    if files.exists(f"{folder}/absent.json"):
        return None
    with suppress(FileNotFoundError):
        if files.exists(f"{folder}/{name}"):  # it catches what DVC raises for a folder whose list of files is lost
            return pl.read_parquet(files.read_bytes(f"{folder}/{name}"))
    where = "on the disk" if revision == WORKSPACE else "in DVC's cache or a remote"
    raise RevisionError(
        f"{revision}: {folder}/{name} is not {where}; fetch it where it was pushed to (`dvc pull`), or run it again (`dvc exp run`)"
    )
