"""Answers as a task compares them, and images that lie elsewhere."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from m3ae.prepare.rows import task_answers
from m3ae.releases.record import Record, Split
from m3ae.tasks import TASKS
from tests.prepare.test_release import run


def answered(*answers: str) -> Record:
    return Record("1", Split.TRAIN, Path("a.png"), "a", ("What is it?",), answers)


@pytest.mark.parametrize(
    ("task", "stored"),
    [
        ("vqa_rad", ["2", "0", "left lung", "a", "+"]),
        ("path_vqa", ["2", "0", "left lung", "a", "+"]),
        ("own_vqa", ["two", "none", "the left lung", "a", "+"]),
        ("own_classification", ["two", "none", "the left lung", "a", "+"]),
        ("melinda", ["Two", "none", "NONE", "the left  lung".replace("  ", " "), "A", "+"]),
    ],
)
def test_answers_are_compared_as_their_task_says(task, stored):
    assert task_answers(answered("Two", "none", "NONE", "the left \u200b lung", "A", "+", " "), TASKS[task]) == stored


def test_of_a_release_without_a_task_answers_are_only_cleaned():
    assert task_answers(answered("A ", ""), None) == ["A"]


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """A folder of images beside a release `own`, whose manifest names one by its absolute path and one by `..`."""
    for name in ("a", "b"):
        path = tmp_path / f"disk/{name}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(np.full((40, 48), 90, np.uint8)).save(path)
    rows = [{"image": image, "texts": "A scan of the chest."} for image in (str(tmp_path / "disk/a.png"), "../disk/b.png")]
    (tmp_path / "own").mkdir()
    (tmp_path / "own/manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path / "disk"


def test_images_in_a_folder_that_is_named_are_read(disk, tmp_path, capsys):
    assert run("own", tmp_path / "own", tmp_path / "out", image_folders=(disk,))["kept"] == 2
    assert "image_folders" not in capsys.readouterr().out


def test_images_elsewhere_are_dropped_and_the_parameter_is_named(disk, tmp_path, capsys):
    (tmp_path / "other").mkdir()
    figures = run("own", tmp_path / "own", tmp_path / "out", image_folders=(tmp_path / "other",))
    assert figures["dropped"] == {"path leaves the release": 2}
    assert f"own: 2 images lie outside {tmp_path / 'own'}; name their folder in `image_folders` of params.yaml" in capsys.readouterr().out
