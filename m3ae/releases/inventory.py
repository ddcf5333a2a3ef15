"""The inventory of releases: one small digest each, so that a changed release is prepared again and an absent one is no error."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from m3ae.disk.named import first_few, printable
from m3ae.disk.sealed import read_sealed, write_sealed
from m3ae.releases.catalogue import CATALOGUE
from m3ae.releases.places import is_allowed
from m3ae.releases.readers.roco_references import reference_files

SYNTHETIC = "SYNTHETIC.md"  # phantom leaves it in each release that it makes
NUM_NAMED = 3  # files that a line names
NUM_THREADS = 4  # reading waits for the disk; hashing releases the interpreter


class InventoryError(SystemExit):
    """The folder of releases, or an inventory file, is not there, or a release has a folder elsewhere; the message says what to do."""


class Found(NamedTuple):
    """What was found of a release; the digest covers each file's relative path and content, and where links to folders lead."""

    found: bool
    synthetic: bool
    files: int
    bytes: int
    sha256: str


def write_inventory(releases: Path, out: Path, image_folders: Sequence[Path]) -> None:
    """Write a `<release>.json` into `out` for each release, and print the links to folders and the folders that DVC does not watch.

    Raises `InventoryError` where `releases` or one of `image_folders` is no folder, or part of a release lies elsewhere.
    """
    for folder in image_folders:
        if not folder.is_dir():
            raise InventoryError(f"{folder}: no such folder; mount it, or correct `image_folders` in params.yaml")
        print(f"{folder}: DVC does not watch this folder; after a change there run `dvc repro --force --single-item prepare@<release>`")
    if not releases.is_dir():
        raise InventoryError(f"{releases}: no such folder; set `releases` in params.yaml to the folder that holds {', '.join(CATALOGUE)}")
    for name in CATALOGUE:
        release = releases / name
        write_sealed(out / f"{name}.json", take_inventory(release, image_folders)._asdict())
        if unnamed := names_that_are_no_text(release):
            shown = first_few([printable(release / path) for path in unnamed], NUM_NAMED)
            print(f"{shown}: not UTF-8, so that no annotation can name it; rename it, for instance by `convmv -f latin1 -t utf8`")
        for link in [release] if release.is_symlink() else inner_links(release, image_folders):
            print(
                f"{printable(link)}: is a link to a folder, and DVC does not notice when it leads elsewhere or what lies there "
                "changes; then run `dvc repro --force --single-item inventory`"
            )


def names_that_are_no_text(release: Path) -> list[Path]:
    """Return the files and folders of the release whose names are not UTF-8, relative to it, in order."""
    root = os.path.realpath(release)
    paths = (Path(folder, name) for folder, folders, names in os.walk(root) for name in (*folders, *names) if not is_text(name))
    return sorted(path.relative_to(root) for path in paths)


def is_text(name: str) -> bool:
    try:
        return bool(name.encode())
    except UnicodeEncodeError:
        return False


def inner_links(release: Path, image_folders: Sequence[Path]) -> list[Path]:
    """Return the links to folders of the release itself; what lies in `image_folders` is no part of its digest."""
    links = (release / name for name in dict(folder_links(release, image_folders)))
    return sorted(link for link in links if is_allowed(link, release, ()))


def read_inventory(path: Path) -> Found:
    """Read what `write_inventory` wrote of a release. Raises `FileError` where the file is cut or changed."""
    if not path.is_file():
        raise InventoryError(f"{path}: no such file; run `dvc repro inventory`")
    return Found(**read_sealed(path, f"`rm {path} && dvc repro inventory` brings it back"))


def take_inventory(release: Path, image_folders: Sequence[Path] = ()) -> Found:
    """Return what there is in the folder `release`, every file's content read once.

    Raises `InventoryError` where part of it lies elsewhere.
    """
    if release.is_symlink() and not release.is_dir():
        raise InventoryError(
            f"{release}: is a link to {os.path.realpath(release)}, where no folder is; mount it, or correct or remove the link"
        )
    links = dict(folder_links(release, image_folders))
    files = dict(release_files(release))
    with ThreadPoolExecutor(NUM_THREADS) as pool:
        entries = list(zip(files, pool.map(content, files.values()), strict=True))
    digest = hashlib.sha256()
    for name, contained in sorted([*((name, file_digest) for name, (_, file_digest) in entries), *links.items()]):
        digest.update(f"{name}\0{contained}\n".encode("utf-8", "surrogateescape"))
    size = sum(size for _, (size, _) in entries)
    return Found(bool(entries), is_synthetic(release), len(entries), size, digest.hexdigest() if entries else "")


def folder_links(release: Path, image_folders: Sequence[Path]) -> Iterator[tuple[str, str]]:
    """Yield (name, where it leads) of each link to a folder, both relative to the release.

    What lies behind a link is there under its own name, too, or in one of `image_folders`. Raises `InventoryError` where a link leads
    elsewhere, even to nothing: no file behind it would be found.
    """
    root = os.path.realpath(release)
    for folder, folders, names in os.walk(root):
        for path in (Path(folder, name) for name in [*folders, *names]):
            if path.is_file() or not path.is_symlink():
                continue
            target = Path(os.path.realpath(path))
            if not is_allowed(path, release, image_folders):
                raise leads_out(release, release / path.relative_to(root), target)
            if path.is_dir():
                yield path.relative_to(root).as_posix(), f"-> {os.path.relpath(target, root)}"


def leads_out(release: Path, link: Path, target: Path) -> InventoryError:
    found = f"{printable(link)}: is a link to {printable(target)}, outside the release, and what lies there is not read"
    return InventoryError(
        f"{found}; name the folder in `image_folders` of params.yaml, copy it to the link's place, or make {release} itself a link to a "
        "folder that holds all of the release"
    )


def release_files(release: Path) -> Iterator[tuple[str, Path]]:
    """Yield (name in the digest, file), links to files elsewhere among them; prepare drops images behind such links and counts them."""
    root = os.path.realpath(release)
    for folder, _, names in os.walk(root, followlinks=False):
        yield from ((path.relative_to(root).as_posix(), path) for path in (Path(folder, name) for name in names) if path.is_file())
    if release.name == "roco" and os.path.isdir(root):  # its references may lie in the folder of MedICaT, whose authors made them
        for split, path in reference_files(release).items():
            yield f"references/{split}", path


def content(path: Path) -> tuple[int, str]:
    """Return (size in bytes, SHA-256) of a file."""
    with path.open("rb") as file:
        return path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest()


def is_synthetic(release: Path) -> bool:
    return (release / SYNTHETIC).is_file()
