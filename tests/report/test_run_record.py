"""Commit, machine and versions of a run: beside the outputs, and in none of them."""

import getpass
import json
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest

from m3ae.report import revision
from m3ae.report.run_record import run_record, write_run_record

AUTHOR = ("-c", "user.name=Nobody", "-c", "user.email=nobody@example.org")


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """The working folder: a repository of one commit."""
    monkeypatch.chdir(tmp_path)
    for name in ("params.yaml", "dvc.lock", "data/metrics/report.json"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text("1\n")
    git("init", "--quiet")
    git("add", ".")
    git(*AUTHOR, "commit", "--quiet", "--message", "One")
    return tmp_path


@pytest.fixture
def record(clone):
    """Write it; return run.json's content."""
    write_run_record(clone / "data" / "live")
    return json.loads((clone / "data" / "live" / "run.json").read_text())


def test_the_commit_the_machine_and_the_versions_are_named(record):
    assert record["code"]["git commit"] == git("rev-parse", "HEAD") and record["code"]["files changed since"] == "none"
    assert record["versions"]["torch"] == version("torch") and record["versions"]["python"] == platform.python_version()
    assert record["machine"]["AVX-512"] in ("yes", "no") and record["machine"]["processor"] and record["machine"]["cores"]


def test_the_page_of_the_record_shows_all_of_it(record, clone):
    page = (clone / "data" / "live" / "run.html").read_text()
    assert all(f"<dt>{name}</dt>" in page for facts in record.values() for name in facts) and record["versions"]["dvc"] in page


def test_neither_host_nor_user_nor_folder_is_told(record, clone):
    told = json.dumps(list(record["machine"].values()))
    assert platform.node() not in told and str(clone) not in json.dumps(record) and f"/{getpass.getuser()}" not in told


def test_changed_and_new_files_are_named_but_for_what_a_run_writes(clone):
    for name in ("params.yaml", "dvc.lock", "data/metrics/report.json", "new file.py"):
        Path(name).write_text("2\n")
    assert revision.changed_files() == ["params.yaml", "new file.py"]


def test_without_git_there_is_no_commit(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "")
    assert (revision.head(), revision.changed_files(), revision.committed("dvc.lock")) == ("", [], None)


def test_a_file_that_is_in_no_commit_has_no_digest_there(clone):
    Path("new.json").write_text("{}")
    assert revision.committed_digest("new.json") is None and revision.commit_of("new.json") == ""
    assert revision.commit_of("dvc.lock") == git("log", "-1", "--format=%h One")


def test_of_many_changed_files_the_first_are_named(clone):
    for number in range(12):
        Path(f"file {number:02d}.py").touch()
    assert run_record()["code"]["files changed since"].endswith("file 07.py and 4 more")
