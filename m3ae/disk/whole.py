"""Files that are what was written: their bytes are compared with the digests that were noted beside them, once for a run.

Size, date and inode of a file stay as they were where a disk rots, so nothing but its bytes can tell. A process remembers what it has
compared, and one that is forked from it knows as much.
"""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from m3ae.disk.digest import sha256_of_file
from m3ae.disk.json import FileError, read_json, write_json_exactly

DIGESTS = "digests.json"  # of a folder: file -> SHA-256
MOST_THREADS = 16  # hashing and reading release the interpreter
Known = tuple[str, int, int, int, str]  # path, inode, size, time in ns, digest

known: set[Known] = set()


def write_digests(folder: Path, besides: Iterable[str] = ()) -> None:
    """Note the digest of every file in `folder`, `besides` these, for `require_whole_folder`."""
    files = sorted(path for path in folder.iterdir() if path.is_file() and path.name not in (DIGESTS, *besides))
    write_json_exactly(folder / DIGESTS, {path.name: sha256_of_file(path) for path in files})


def require_whole_folder(folder: Path, remedy: str) -> None:
    """Raise `FileError` where a file is not what the folder's digests say. A folder without them, as others make it, passes."""
    path = folder / DIGESTS
    if not path.exists():
        return
    digests = read_json(path, remedy)
    if not isinstance(digests, dict) or not all(Path(name).name == name and isinstance(digest, str) for name, digest in digests.items()):
        raise FileError(f"{path}: does not say each file's digest; {remedy}")
    require_whole({folder / name: digest for name, digest in digests.items()}, path, remedy)


def require_whole(digests: Mapping[Path, str], noted: Path, remedy: str) -> None:
    """Raise `FileError` where a file's bytes do not have the digest that is `noted` there; several files are read at the same time."""
    problems = {path: problem for path, problem in compared(digests).items() if problem}
    for path, problem in problems.items():
        others = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise FileError(f"{path}: {problem} {noted}{others}; {remedy}")


def compared(digests: Mapping[Path, str]) -> dict[Path, str]:
    """Return what is wrong with each file, "" where nothing is; what was compared before is not read again."""
    with ThreadPoolExecutor(MOST_THREADS) as pool:
        return dict(zip(digests, pool.map(problem, digests, digests.values()), strict=True))


def problem(path: Path, digest: str) -> str:
    try:
        if known_as(path, digest) in known:
            return ""
        if sha256_of_file(path) != digest:
            return "is not the file that was written, by its digest in"
    except OSError as error:
        return f"cannot be read ({error}), though it is listed in"
    note_whole({path: digest})
    return ""


def note_whole(digests: Mapping[Path, str]) -> None:
    """Remember that these files have these digests: another process of this machine has compared them."""
    known.update(known_as(path, digest) for path, digest in digests.items())


def known_as(path: Path, digest: str) -> Known:
    found = path.stat()
    return str(path.resolve()), found.st_ino, found.st_size, found.st_mtime_ns, digest
