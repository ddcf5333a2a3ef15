"""docs/remote.md at `scale: test`: what one clone pushed another pulls, and has nothing left to run; and DVC's plots, without a network."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.parameters import Parameters
from tests.test_repro import COPIED, ENVIRONMENT, ROOT, stages_run

GIT = ("git", "-c", "user.name=Nobody", "-c", "user.email=nobody@example.org")


def run(folder: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout + done.stderr


def dvc(folder: Path, *arguments: str) -> str:
    return run(folder, sys.executable, "-m", "dvc", *arguments)


def commit(folder: Path, message: str) -> None:
    run(folder, *GIT, "add", "--all")
    run(folder, *GIT, "commit", "--quiet", "--message", message)


@pytest.fixture(scope="module")
def pushed(tmp_path_factory) -> Path:
    """A clone in which everything was run for one task, committed and pushed to a folder beside it."""
    folder = tmp_path_factory.mktemp("remote") / "first"
    folder.mkdir()
    for name in (*COPIED, ".gitignore"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    for path in (ROOT / "data").rglob(".gitignore"):
        (folder / path.relative_to(ROOT)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, folder / path.relative_to(ROOT))
    Parameters(folder).change({"scale": "test", "tasks": ["melinda"]})
    run(folder, "git", "init", "--quiet")
    dvc(folder, "init", "--quiet")
    shutil.copytree(ROOT / ".dvc/page", folder / ".dvc/page")
    shutil.copy(ROOT / ".dvc/config", folder / ".dvc/config")
    dvc(folder, "remote", "add", "--default", "results", str(folder.parent / "results"))
    commit(folder, "The project")
    dvc(folder, "repro")
    commit(folder, "A run")
    dvc(folder, "push")
    return folder


@pytest.fixture(scope="module")
def pulled(pushed) -> Path:
    run(pushed.parent, "git", "clone", "--quiet", str(pushed), "second")
    dvc(pushed.parent / "second", "pull")
    return pushed.parent / "second"


def test_a_second_clone_pulls_every_output_and_has_nothing_to_run(pushed, pulled):
    assert stages_run(dvc(pulled, "repro")) == set() and run(pulled, "git", "status", "--porcelain") == ""
    for name in ("data/pretrain/model.safetensors", "data/finetune/melinda-0/model.safetensors", "data/report/index.html"):
        assert (pulled / name).read_bytes() == (pushed / name).read_bytes()


def test_a_results_difference_is_read_without_a_complaint(pushed):
    assert (pushed / "data/live/pretrain/metrics.json").is_file()  # which is in no commit
    assert dvc(pushed, "metrics", "diff", "HEAD") == ""


@pytest.mark.parametrize("clone", ["pushed", "pulled"])
def test_the_plots_are_drawn_without_a_network(clone, request):
    folder = request.getfixturevalue(clone)
    assert "failed" not in dvc(folder, "plots", "show")
    page = (folder / "dvc_plots/index.html").read_text()
    assert not re.search(r"<(?:script|link)[^>]*(?:src|href)=", page) and "vegaEmbed(" in page
    named = (
        "Pre-training: training loss",
        "validation loss of each objective",
        "data/plots/finetune/melinda-0",
        "data/plots/baseline/melinda-0",
    )
    assert all(name in page for name in (*named, "data/confusion/melinda", "mlm_loss", "mim_loss"))


def test_the_documented_commands_are_those_that_were_run():
    commands = re.findall(r"^(dvc [^#\n]*)", (ROOT / "docs/remote.md").read_text(), re.MULTILINE)
    assert {command.split()[1] for command in commands} >= {"remote", "push", "pull", "repro", "plots", "metrics"}
