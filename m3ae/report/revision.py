"""What git knows of the project in the working folder; nothing, where there is no git or nothing is committed."""

import hashlib
import subprocess


def git(*arguments: str) -> bytes | None:
    """Return what `git` prints; None where it fails, or is not installed."""
    try:
        return subprocess.run(["git", *arguments], capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None


def line(*arguments: str) -> str:
    """Return the first line that `git` prints, "" where there is none."""
    return next(iter((git(*arguments) or b"").decode(errors="replace").splitlines()), "")


def head() -> str:
    """Return the digest of the commit that is checked out, "" where there is none."""
    return line("rev-parse", "--verify", "--quiet", "HEAD")


def committed(path: str) -> bytes | None:
    """Return the bytes that the file has in the commit that is checked out."""
    return git("show", f"HEAD:./{path}")


def committed_digest(path: str) -> str | None:
    """Return the digest, as DVC takes it, that the file has in the commit; None where it is not there."""
    held = committed(path)
    return None if held is None else hashlib.md5(held, usedforsecurity=False).hexdigest()


def commit_of(path: str) -> str:
    """Return "<digest> <subject>" of the first commit in which the file has the bytes that it has now, "" where none has."""
    return line("log", "--reverse", "--format=%h %s", f"--find-object={line('hash-object', path)}", "--", path)


def changed_files() -> list[str]:
    """Return the files that differ from the commit, or are not in it, but for what a run itself writes."""
    status = git("status", "--porcelain", "--no-renames", "-z", "--", ".", ":!dvc.lock", ":!data") or b""
    return [entry[3:] for entry in status.decode(errors="replace").split("\0") if entry]
