"""A disk that is full or fails: said in one line, whoever's error it was."""

import errno
import os
import subprocess
from pathlib import Path

import polars as pl
import pytest
import torch
from safetensors.torch import save_file

from m3ae.disk.folders import DiskError, disk_errors_reported, new_folder
from m3ae.disk.json import write_json

WEIGHTS = {"x": torch.zeros(100_000)}
WRITERS = {
    "json": lambda folder: write_json(folder / "a.json", ["x" * 400_000]),
    "torch": lambda folder: torch.save(WEIGHTS, folder / "a.pt"),
    "safetensors": lambda folder: save_file(WEIGHTS, folder / "a.safetensors"),
    "parquet": lambda folder: pl.DataFrame({"x": [os.urandom(400_000)]}).write_parquet(folder / "a.parquet"),
}


@pytest.fixture
def full(tmp_path):
    """A disk of 100 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", folder], capture_output=True).returncode:
        pytest.skip("a small disk needs the right to mount one")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.mark.parametrize("name", WRITERS)
def test_a_full_disk_is_one_line_whichever_library_writes(full, name):
    message = r"disk/out: could not be written .* bytes are free\); step 4 is kept; make room"
    with pytest.raises(DiskError, match=message) as error, disk_errors_reported(full / "out", "step 4 is kept"):
        WRITERS[name](full)
    assert "\n" not in str(error.value)


def test_of_a_folder_that_does_not_fit_nothing_is_left(full):
    with pytest.raises(DiskError, match="make room on the disk"), new_folder(full / "out") as partial:
        WRITERS["safetensors"](partial)
    assert not [path for path in full.iterdir() if "out" in path.name]


@pytest.mark.parametrize("number", [errno.EIO, errno.EDQUOT, errno.EROFS, errno.EFBIG])
def test_a_disk_that_fails_is_named(tmp_path, number):
    with pytest.raises(DiskError, match=f"out: could not be written .*{os.strerror(number)}"), disk_errors_reported(tmp_path / "out"):
        raise OSError(number, os.strerror(number))


@pytest.mark.parametrize("error", [ValueError("a value"), FileNotFoundError(errno.ENOENT, "no such file"), RuntimeError("shapes differ")])
def test_other_errors_stay_what_they_are(error, tmp_path):
    with pytest.raises(type(error)), disk_errors_reported(Path(tmp_path)):
        raise error
