import io
import json
from base64 import b64decode
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from m3ae.report.benchmark import BENCHMARK
from m3ae.report.looks import heat, looks, most
from m3ae.report.measured import result


@pytest.fixture
def found(run, asked, tmp_path):
    """Return what is shown of a task, whose releases lie in a folder of the test."""
    asked = replace(asked, releases=str(tmp_path / "releases"))
    return lambda name: looks(result(next(entry for entry in BENCHMARK if entry.name == name), asked, run), asked, run)


def write_boxes(folder, box):
    folder.mkdir(parents=True)
    Image.new("L", (128, 96)).save(folder / "image1.jpg")
    (folder / "boxes.jsonl").write_text(json.dumps({"image": "image1.jpg", "finding": "cyst", "box": box}))


def test_a_row_comes_with_its_truth_its_answer_and_a_map_a_word(found):
    [look] = found("vqa_rad")
    assert (look.text, look.facts) == ("which side?", (("truth", "left"), ("answered", "left")))
    assert [(word.text, word.most, word.in_boxes) for word in look.words] == [("which", "upper left", None), ("side", "lower right", None)]
    assert not look.boxes and look.area is None


def test_the_attention_in_a_finding_s_box_is_counted(found, tmp_path):
    write_boxes(tmp_path / "releases" / "vqa_rad", [16, 0, 64, 48])  # the upper left quarter of the centre square
    [look] = found("vqa_rad")
    assert look.findings == "cyst" and look.area == pytest.approx(25)
    assert [word.in_boxes for word in look.words] == pytest.approx([70, 10])


def test_a_task_of_which_nothing_was_left_shows_nothing(found):
    assert found("slake") == [] and found("melinda") == []


def test_an_even_share_is_clear_and_the_most_of_it_is_not():
    picture = Image.open(io.BytesIO(b64decode(heat(np.array([[0.25, 0.1], [0.05, 0.6]]), 0.25, 0.6).partition(",")[2])))
    opacity = np.asarray(picture)[..., 3]
    assert opacity.tolist() == [[0, 0], [0, 204]]


@pytest.mark.parametrize(("place", "said"), [((0, 5), "upper right"), ((3, 3), "centre"), ((5, 0), "lower left")])
def test_places_are_told_in_words(place, said):
    weights = np.zeros((6, 6))
    weights[place] = 1
    assert most(weights) == said
