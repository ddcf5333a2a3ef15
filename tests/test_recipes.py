"""docs/adding.md to the letter: a release, a task, an objective, a recipe, a parameter and a scale are added to a copy of the project."""

import csv
import re
import shutil
from pathlib import Path

import numpy as np
import polars
import pytest
from PIL import Image

from m3ae.releases.catalogue import CATALOGUE
from tests.test_repro import ROOT, RUN, Project

TEXT = (ROOT / "docs/adding.md").read_text()
BLOCKS = re.findall(r"```(python|diff) (\S+)\n(.*?)```", TEXT, re.DOTALL)
COLOURS = {"dark": 20, "grey": 128, "bright": 235}


def applied(text: str, block: str) -> str:
    """`text` with a block's lines, of which those that stay or go (' ' and '-') stand there once, one after the other."""
    lines = block.splitlines()
    before = "\n".join(line[1:] for line in lines if line[0] in " -")
    after = "\n".join(line[1:] for line in lines if line[0] in " +")
    assert f"\n{text}".count(f"\n{before}\n") == 1, before
    return f"\n{text}".replace(f"\n{before}\n", f"\n{after}\n")[1:]


def write_release(folder: Path) -> None:
    (folder / "images").mkdir(parents=True)
    with (folder / "questions.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["id", "split", "image", "question", "answer"])
        for number in range(24):
            name, level = list(COLOURS.items())[number % 3]
            image = np.clip(np.random.default_rng(number).normal(level, 8, (40, 40)), 0, 255).astype(np.uint8)
            Image.fromarray(image).save(folder / f"images/{number}.png")
            table.writerow(
                [number, ("train", "train", "validation", "test")[number % 4], f"{number}.png", "how bright is this image", name]
            )


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Project:
    """The recipes done, and the pipeline run to the report on phantom's releases and the new one."""
    project = Project(tmp_path_factory.mktemp("recipes"))
    for kind, name, block in BLOCKS:
        path = project.folder / name
        assert path.exists() == (kind == "diff"), name
        path.write_text(block if kind == "python" else applied(path.read_text(), block))
    (project.folder / "scales/test.yaml").rename(project.folder / "scales/mine.yaml")
    change(project, "params.yaml", scale="mine", recipe="dimmed")
    params = project.folder / "params.yaml"
    params.write_text(re.sub(rf"^- ({'|'.join(RUN)})\n", "", params.read_text(), flags=re.MULTILINE))  # the new task alone
    project.dvc("repro", "phantom")
    shutil.copytree(project.folder / "data/releases", project.folder / "mine")
    write_release(project.folder / "mine/tiny")
    change(project, "params.yaml", releases="mine")
    project.first_output = project.dvc("repro")
    return project


def change(project: Project, file: str, **values: str) -> None:
    path = project.folder / file
    text = path.read_text()
    for key, value in values.items():
        text, count = re.subn(rf"^{key}: \S+", f"{key}: {value}", text, flags=re.MULTILINE)
        assert count == 1, key
    path.write_text(text)


def test_the_new_release_is_read_and_described(project):
    assert project.metrics("prepare/tiny.json")["kept"] == 24
    assert "Tiny, questions about plain images" in project.m3ae("releases")


def test_the_new_task_is_fine_tuned_tested_and_reported(project):
    figures = project.metrics("evaluate/tiny-0.json")
    assert figures["found"] and figures["test_rows"] == 6 and set(figures["pretrained"]) == {"overall", "open"}
    assert len(polars.read_parquet(project.folder / "data/evaluate/tiny-0/pretrained.parquet")) == 6
    assert "| **Tiny** | overall | 6 |" in (project.folder / "data/report/table.md").read_text()


def test_the_new_objective_is_trained_and_measured(project):
    assert set(project.metrics("pretrain.json")["itc"]) == {"loss", "accuracy"}
    assert "<td>itc</td>" in (project.folder / "data/report/index.html").read_text()
    assert "itc_loss" in (project.folder / "data/plots/validation.csv").read_text().splitlines()[0]


def test_the_new_recipe_is_the_one_that_pretraining_went_by(project):
    assert "M3AE from dimmed images, pre-trained" in (project.folder / "data/pretrain/README.md").read_text()
    change(project, "params.yaml", recipe="m3ae")
    assert "pretrain" in project.dvc("status", "pretrain")
    change(project, "params.yaml", recipe="dimmed")


def test_the_new_parameter_is_watched_by_pretraining(project):
    change(project, "params.yaml", pixel_noise="0.2")
    assert "pretrain" in project.dvc("status", "pretrain") and "pixel_noise" in project.dvc("status", "pretrain")


def test_a_mistaken_recipe_is_noticed():
    with pytest.raises(AssertionError):
        applied("a\nb\n", " c\n+d\n")


def test_the_readme_leads_to_the_recipes():
    assert "(docs/adding.md)" in (ROOT / "README.md").read_text()


def test_the_example_release_is_not_one_that_the_project_has():
    assert "tiny" not in CATALOGUE
