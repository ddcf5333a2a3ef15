import json

import numpy as np
import pytest
from PIL import Image

from m3ae.report.boxes import Box, covered, finding_boxes


def test_boxes_are_shares_of_the_square_that_a_model_sees(tmp_path):
    (tmp_path / "images").mkdir()
    Image.new("L", (120, 80)).save(tmp_path / "images" / "a.png")  # the square begins at 20 px
    rows = [
        {"image": "images/a.png", "finding": "cyst", "box": [40, 20, 60, 60]},
        {"image": "images/a.png", "finding": "abscess", "box": [0, 0, 40, 80]},  # half of it outside
        {"image": "images/b.png", "finding": "cyst", "box": [0, 0, 1, 1]},
    ]
    (tmp_path / "boxes.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert finding_boxes(tmp_path, {"a", "c"}) == {"a": [Box("cyst", 0.25, 0.25, 0.25, 0.5), Box("abscess", 0, 0, 0.25, 1)]}
    assert finding_boxes(tmp_path, {"images/a.png"}).keys() == {"images/a.png"}


def test_a_release_without_boxes_has_none(tmp_path):
    assert finding_boxes(tmp_path / "nothing", {"a"}) == {}


def test_what_two_boxes_cover_counts_once():
    left, upper = Box("cyst", 0, 0, 0.5, 1), Box("cyst", 0, 0, 1, 0.25)
    assert np.allclose(covered([left, upper], 2), [[1, 0.5], [1, 0]])
    assert covered([left], 4).mean() == pytest.approx(0.5)
