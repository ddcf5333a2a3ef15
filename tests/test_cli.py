"""The `m3ae` command as it is called."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
WRONG = {
    "- a\n": "params.yaml: holds no parameters (",
    "a: [\n": "params.yaml: holds no parameters (",
    "seed: 1\n": "params.yaml: releases is missing",
    "releases: 5\n": "params.yaml: releases = 5: a folder expected",
}


def releases(folder: Path, *after: str) -> subprocess.CompletedProcess:
    command = " ".join([sys.executable, "-m", "m3ae.cli", "releases", *after])
    return subprocess.run(["bash", "-c", command], cwd=folder, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("content", WRONG)
def test_a_params_file_that_names_no_folder_is_an_error_of_a_line(tmp_path, content):
    (tmp_path / "params.yaml").write_text(content)
    answer = releases(tmp_path)
    assert answer.returncode == 1 and WRONG[content] in answer.stderr and "Traceback" not in answer.stderr


def test_a_reader_that_has_read_enough_is_no_error(tmp_path):
    answer = releases(tmp_path, "--releases", ".", "|", "true")
    assert (answer.stdout, answer.stderr) == ("", "")
