"""A project of git and DVC whose pipeline copies predictions: a revision, an experiment and the workspace."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import polars
import pytest

from m3ae.evaluate.revisions import EVALUATED, WORKSPACE, ZERO_SHOT, RevisionError, opened, predictions
from m3ae.evaluate.stage import EvaluatePaths
from tests.commands import ENVIRONMENT, ROOT, call, dvc

PIPELINE = """
stages:
  evaluate:
    matrix: {task: [vqa_rad, slake, melinda], seed: [0, 1]}
    cmd: mkdir -p data/evaluate && cp -r made/${item.task} data/evaluate/${item.task}-${item.seed}
    deps: ["made/${item.task}"]
    outs: ["data/evaluate/${item.task}-${item.seed}"]
  zero_shot:
    cmd: cp -r made/zero_shot data/zero_shot
    deps: [made/zero_shot]
    outs: [data/zero_shot]
"""


def commit(folder: Path, tag: str) -> None:
    call(folder, "git", "add", "-A")
    call(folder, "git", "-c", "user.name=test", "-c", "user.email=test@example.org", "commit", "-qm", tag)
    call(folder, "git", "tag", tag)


def make(folder: Path, task: str, share: float) -> None:
    """60 questions on 30 images, `share` of them answered rightly."""
    rows = {"id": [f"q{n}" for n in range(60)], "image_id": [f"image{n // 2}" for n in range(60)], "answer_kind": "closed"}
    (folder / "made" / task).mkdir(parents=True, exist_ok=True)
    score = [float((7 * n) % 60 < 60 * share) for n in range(60)]
    polars.DataFrame(rows | {"score": score}).write_parquet(folder / "made" / task / "pretrained.parquet")


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """`before`, a commit; `better`, an experiment, which is the workspace, too; `never`, a commit that was not run."""
    folder = tmp_path_factory.mktemp("project")
    call(folder, "git", "init", "-q")
    dvc(folder, "init", "-q")
    dvc(folder, "config", "core.analytics", "false")
    (folder / "dvc.yaml").write_text(PIPELINE)
    make(folder, "vqa_rad", 0.2)
    make(folder, "slake", 0.5)
    for task in ("melinda", "zero_shot"):
        (folder / "made" / task).mkdir()
        (folder / "made" / task / "absent.json").write_text("{}")
    commit(folder, "never")
    dvc(folder, "repro", "-q")
    commit(folder, "before")
    make(folder, "vqa_rad", 0.8)
    dvc(folder, "exp", "run", "-q", "-n", "better")
    return folder


@pytest.fixture
def inside(project, monkeypatch) -> Path:
    monkeypatch.chdir(project)
    return project


def right(revision):
    return {task: {seed: table["score"].mean() for seed, table in runs.items()} for task, runs in predictions(revision).items()}


@pytest.mark.parametrize(("revision", "vqa_rad"), [("before", 0.2), ("HEAD", 0.2), ("better", 0.8), (WORKSPACE, 0.8)])
def test_a_revision_an_experiment_and_the_workspace_are_read_where_they_are(inside, revision, vqa_rad):
    before = call(inside, "git", "status", "--short")
    expected = {0: pytest.approx(vqa_rad), 1: pytest.approx(vqa_rad)}
    assert right(revision) == {
        "slake": {0: 0.5, 1: 0.5},
        "vqa_rad": expected,
    }  # of the others the stages said that there was nothing
    assert call(inside, "git", "status", "--short") == before


def test_an_experiment_is_found_by_its_commit_too(inside):
    [commit] = call(inside, "git", "for-each-ref", "--format=%(objectname:short)", "refs/exps/*/*/better").split()
    assert right(commit)["vqa_rad"] == {0: pytest.approx(0.8), 1: pytest.approx(0.8)}


def test_the_command_says_which_differences_hold(project):
    said = call(project, sys.executable, "-m", "m3ae.cli", "compare", "before")
    assert said.startswith("A = before, B = workspace")
    assert re.search(r"^vqa_rad +overall +60 +20\.0 +80\.0 +\+60\.0 ", said, re.MULTILINE)
    assert "vqa_rad: B is 60.0 points above A in overall, and that holds" in said and "slake: +0.0 points in overall do not hold" in said
    assert said == call(project, sys.executable, "-m", "m3ae.cli", "compare", "before", "better").replace("B = better", "B = workspace")


def test_an_unknown_revision_is_an_error_of_a_line_that_says_what_there_is(project):
    command = [sys.executable, "-m", "m3ae.cli", "compare", "nonsense"]
    answer = subprocess.run(command, cwd=project, env=ENVIRONMENT, capture_output=True, text=True, timeout=300)
    assert answer.returncode == 1 and answer.stderr.count("\n") == 1
    assert "nonsense" in answer.stderr and "dvc exp show" in answer.stderr


def test_a_revision_that_was_not_run_is_told_from_one_without_predictions(inside, tmp_path, monkeypatch):
    with pytest.raises(RevisionError, match=r"never: data/evaluate/\S+-0/pretrained\.parquet is not in DVC's cache.*dvc exp run"):
        predictions("never")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RevisionError, match="workspace: no predictions in data/evaluate"):
        predictions(WORKSPACE)


def test_outputs_that_the_cache_has_lost_are_an_error_with_a_remedy(project, tmp_path, monkeypatch):
    folder = shutil.copytree(project, tmp_path / "copy")
    shutil.rmtree(folder / ".dvc" / "cache")
    monkeypatch.chdir(folder)
    with pytest.raises(RevisionError, match=r"before: data/evaluate/\S+ is not in DVC's cache or a remote; .*`dvc pull`"):
        predictions("before")
    assert predictions(WORKSPACE).keys() == {"slake", "vqa_rad"}


def test_an_output_that_a_run_has_deleted_is_not_the_last_runs(project, tmp_path, monkeypatch):
    folder = shutil.copytree(project, tmp_path / "copy")
    (folder / "data/evaluate/slake-0/pretrained.parquet").unlink()
    monkeypatch.chdir(folder)
    with pytest.raises(RevisionError, match=r"workspace: data/evaluate/slake-0/pretrained\.parquet is not on the disk"):
        predictions(WORKSPACE)
    assert opened("before").exists("data/evaluate/slake-0/pretrained.parquet")


def test_predictions_are_looked_for_where_the_pipeline_writes_them():
    text = (ROOT / "dvc.yaml").read_text()
    assert f'outs: ["{EVALUATED}/${{item.task}}-${{item.seed}}"]' in text and f"--out {ZERO_SHOT} " in text
    assert "pretrained" in EvaluatePaths(*map(Path, EvaluatePaths._fields)).models()
