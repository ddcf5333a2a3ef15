"""A small pipeline under DVC and git with the stages and files of the real one, run once; each test has its own copy."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands import call, dvc

PIPELINE = """
stages:
  phantom:
    cmd: python make.py phantom
    deps: [make.py]
    outs: [data/releases]
  inventory:
    cmd: python make.py inventory
    deps: [make.py, data/releases]
    outs: [data/inventory]
  prepare:
    foreach:
      vqa_rad: tasks/vqa_rad
    do:
      cmd: python make.py prepare
      deps: [make.py, data/inventory/vqa_rad.json]
      outs: [data/shards/tasks/vqa_rad]
  pretrain:
    cmd: python make.py pretrain
    deps: [make.py, data/shards]
    params: [mask_ratio, optimizer, scales/test.yaml: [model]]
    outs: [data/pretrain]
    metrics:
      - data/metrics/pretrain.json: {cache: false}
  evaluate:
    matrix: {task: [vqa_rad], seed: [0]}
    cmd: python make.py evaluate
    deps: [make.py, data/pretrain, data/shards/tasks/vqa_rad]
    outs: ["data/evaluate/vqa_rad-0"]
    metrics:
      - data/metrics/evaluate/vqa_rad-0.json: {cache: false}
  report:
    cmd: python make.py report
    deps: [make.py, data/metrics/evaluate]
    outs:
      - data/report
      - data/confusion: {cache: false}
"""
MAKE = """
import sys
from pathlib import Path

import polars as pl
import yaml

from m3ae.disk.identity import code_digest
from m3ae.disk.json import write_json
from m3ae.releases.inventory import write_inventory

data, stage = Path("data"), sys.argv[1]


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


if stage == "phantom":
    write(data / "releases/vqa_rad/trainset.json", "[]")
if stage == "inventory":
    write_inventory(data / "releases", data / "inventory", [])
if stage == "prepare":
    write(data / "shards/tasks/vqa_rad/test-00000.arrow", "pixels")
if stage == "pretrain":
    ratio = yaml.safe_load(Path("params.yaml").read_text())["mask_ratio"]
    write(data / "pretrain/model.safetensors", f"weights of {ratio}")
    write(data / "pretrain/README.md", f"- digest of the files that ran: {code_digest(stage)}\\n")
    write_json(data / "metrics/pretrain.json", {"mlm": {"loss": ratio, "accuracy": 0.5}, "mim": {"loss": ratio / 3}, "steps": 4})
if stage == "evaluate":
    folder, table = data / "evaluate/vqa_rad-0", pl.DataFrame({"answer_kind": ["open", "closed"], "score": [0.0, 1.0]})
    folder.mkdir(parents=True)
    for start in ("pretrained", "scratch"):
        table.write_parquet(folder / f"{start}.parquet")
    scores = {"overall": 50.0, "open": 0.0, "closed": 100.0}
    write_json(data / "metrics/evaluate/vqa_rad-0.json", {"found": True, "pretrained": scores, "scratch": scores})
if stage == "report":
    for task in ("slake", "vqa_rad"):
        write(data / f"confusion/{task}.csv", "actual,predicted\\nyes,no\\n")
    write(data / "report/scores.md", "| VQA-RAD | 50.0 |\\n")
    write(data / "report/table.md", "| VQA-RAD | open | 0.0 |\\n")
"""
FILES = {
    "dvc.yaml": PIPELINE,
    "make.py": MAKE,
    "params.yaml": "mask_ratio: 0.75\nreleases: data/releases\nimage_folders: []\noptimizer: {weight_decay: 1.0e-5, warmup_share: 0.1}\n",
    "scales/test.yaml": "model: {depth: 2, width: 8}\n",
    "README.md": "# Results\n\n| VQA-RAD | 50.0 |\n\nThat is all.\n",
    "docs/results.md": "# Results\n\n| VQA-RAD | open | 0.0 |\n",
    ".gitignore": "__pycache__/\n",
    ".dvcignore": "__pycache__\n",
}
DVC_WARNS = pytest.mark.filterwarnings("ignore:_NoneStep.value:DeprecationWarning")  # of its own use of pygtrie
AUTHOR = ("-c", "user.name=Nobody", "-c", "user.email=nobody@example.org")


def commit(folder: Path) -> None:
    call(folder, "git", "add", "--all")
    call(folder, "git", *AUTHOR, "commit", "--quiet", "--message", "A run")


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("finished")
    for name, content in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(content)
    call(folder, "git", "init", "--quiet")
    dvc(folder, "init", "--quiet")
    dvc(folder, "repro", "--quiet")
    commit(folder)
    return folder


@pytest.fixture
def run(finished, tmp_path, monkeypatch) -> Iterator[Path]:
    """The working folder: a copy of the finished run, committed."""
    folder = tmp_path / "run"
    shutil.copytree(finished, folder, symlinks=True)
    monkeypatch.chdir(folder)
    yield folder


@pytest.fixture
def alter():
    """Change one byte of a file under its old time, which DVC goes by."""

    def of(path: Path) -> None:
        before, content = path.stat(), bytearray(path.read_bytes())
        content[-1] ^= 1
        path.chmod(0o644)
        path.write_bytes(content)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    return of
