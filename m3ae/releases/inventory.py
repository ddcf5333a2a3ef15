"""The inventory of releases: one small digest each, so that a changed release is prepared again and an absent one is no error."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from heapq import merge
from pathlib import Path
from typing import NamedTuple

from m3ae.disk.named import first_few, printable
from m3ae.disk.sealed import read_sealed, write_sealed
from m3ae.disk.state import root
from m3ae.releases.catalogue import CATALOGUE
from m3ae.releases.kept_digests import digests
from m3ae.releases.places import is_allowed
from m3ae.releases.readers.roco_references import reference_files
from m3ae.releases.walk import is_file, walked

SYNTHETIC = "SYNTHETIC.md"  # phantom leaves it in each release that it makes
LEADS_TO = "-> "  # what stands in a link's place of a digest; no SHA-256 begins so
NUM_NAMED = 3  # files that a line names


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
        kept = kept_digests_of(release) if release.is_symlink() else None
        write_sealed(out / f"{name}.json", take_inventory(release, image_folders, kept)._asdict())
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


def kept_digests_of(release: Path) -> Path:
    """Return where the digests of a linked release's files are kept, by the folder that it leads to; to remove it is to read all again."""
    place = hashlib.sha256(os.fsencode(os.path.realpath(release))).hexdigest()[:16]
    return root() / "inventory" / f"{release.name}-{place}.parquet"


def take_inventory(release: Path, image_folders: Sequence[Path] = (), kept: Path | None = None) -> Found:
    """Return what there is in the folder `release`, every file's content read once or, where its size and times are as `kept`, not at all.

    Raises `InventoryError` where part of it lies elsewhere.
    """
    if release.is_symlink() and not release.is_dir():
        raise InventoryError(
            f"{release}: is a link to {os.path.realpath(release)}, where no folder is; mount it, or correct or remove the link"
        )
    links = sorted((name, target, 0) for name, target in folder_links(release, image_folders))
    files = ((found.name, found.sha256, found.stamp.size) for found in digests(release_files(release), kept))
    beside = sorted((found.name, found.sha256, found.stamp.size) for found in digests(references(release)))
    digest, num_files, num_bytes = hashlib.sha256(), 0, 0
    for name, contained, size in merge(files, beside, links):
        digest.update(f"{name}\0{contained}\n".encode("utf-8", "surrogateescape"))
        num_files += not contained.startswith(LEADS_TO)
        num_bytes += size
    return Found(num_files > 0, is_synthetic(release), num_files, num_bytes, digest.hexdigest() if num_files else "")


def folder_links(release: Path, image_folders: Sequence[Path]) -> Iterator[tuple[str, str]]:
    """Yield (name, where it leads) of each link to a folder, both relative to the release.

    What lies behind a link is there under its own name, too, or in one of `image_folders`. Raises `InventoryError` where a link leads
    elsewhere, even to nothing: no file behind it would be found.
    """
    folder = os.path.realpath(release)
    for name, entry in walked(folder):
        if not entry.is_symlink() or is_file(entry):
            continue
        path, target = Path(entry.path), Path(os.path.realpath(entry.path))
        if not is_allowed(path, release, image_folders):
            raise leads_out(release, release / name, target)
        if path.is_dir():
            yield name, f"{LEADS_TO}{os.path.relpath(target, folder)}"


def leads_out(release: Path, link: Path, target: Path) -> InventoryError:
    found = f"{printable(link)}: is a link to {printable(target)}, outside the release, and what lies there is not read"
    return InventoryError(
        f"{found}; name the folder in `image_folders` of params.yaml, copy it to the link's place, or make {release} itself a link to a "
        "folder that holds all of the release"
    )


def release_files(release: Path) -> Iterator[tuple[str, str]]:
    """Yield (name, path) of each file, sorted, links to files elsewhere among them; prepare drops images behind such and counts them."""
    yield from ((name, entry.path) for name, entry in walked(os.path.realpath(release)) if is_file(entry))


def references(release: Path) -> Iterator[tuple[str, str]]:
    """Yield (name in the digest, path) of ROCO's references: they may lie in the folder of MedICaT, whose authors made them."""
    if release.name == "roco" and release.is_dir():
        yield from ((f"references/{split}", str(path)) for split, path in reference_files(release).items())


def is_synthetic(release: Path) -> bool:
    return (release / SYNTHETIC).is_file()
