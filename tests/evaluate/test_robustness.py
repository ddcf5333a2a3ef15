"""A model's predictions under each condition -> what is left of its scores."""

import json

import numpy as np
import polars as pl
import pytest

from m3ae.evaluate.kinds import EVALUATIONS
from m3ae.evaluate.predictions import judged
from m3ae.evaluate.ranking import pair
from m3ae.evaluate.robustness import RobustnessPaths, figures_of, read_tables, run, write_tables
from m3ae.perturb.grid import GRIDS, Condition, Grid
from m3ae.shards.write import write_absent

NOISE, TYPOS, GREY = Condition("gaussian_noise", 3), Condition("keyboard", 3), Condition("missing_image", 100)


@pytest.fixture
def paths(tmp_path):
    return RobustnessPaths(*(tmp_path / name for name in RobustnessPaths._fields[:-1]), tmp_path / "robustness.json")


def answers(num_right):
    """Predictions on 20 questions about 20 images, so many of them right."""
    rows = [{"id": f"q{n}", "image_id": f"i{n}", "texts": ["?"], "answers": ["yes"], "answer_kind": "closed"} for n in range(20)]
    return pl.DataFrame([judged(row, [("yes" if n < num_right else "no", 0.9)]) for n, row in enumerate(rows)])


def ranks(of_image_text):
    rows = [{"id": f"p{n}", "image_id": f"i{n}", "texts": [f"text {n}"]} for n in range(4)]
    return pl.DataFrame([pair(row, [row["texts"][0]], np.ones(1), rank, 0) for row, rank in zip(rows, of_image_text, strict=True)])


def test_scores_are_means_over_seeds_and_a_familys_drop_is_relative_to_the_clean_score():
    runs = [
        {None: answers(10), NOISE: answers(8), TYPOS: answers(5), GREY: answers(0)},
        {None: answers(10), NOISE: answers(8), TYPOS: answers(5), GREY: answers(2)},
    ]
    found = figures_of(EVALUATIONS["answer"], runs)
    assert found["clean"]["overall"] == 50 and found["gaussian_noise-3"]["overall"] == 40 and found["missing_image-100"]["overall"] == 5
    assert found["image"]["relative_drop"] == pytest.approx({"overall": 20, "closed": 20})
    assert found["text"]["mean"]["overall"] == 25 and found["gaussian_noise-3"]["flipped"] == pytest.approx(10)


def test_what_was_written_is_read_back_condition_by_condition(tmp_path):
    run = {None: answers(10), NOISE: answers(8), GREY: answers(0)}
    write_tables(run, tmp_path / "pretrained.parquet")
    found = read_tables(tmp_path / "pretrained.parquet")
    assert list(found) == list(run) and all(found[condition].equals(table) for condition, table in run.items())


def test_a_change_has_a_paired_interval():
    change = figures_of(EVALUATIONS["answer"], [{None: answers(18), NOISE: answers(4)}])["gaussian_noise-3"]["change"]["overall"]
    assert change["points"] == pytest.approx(-70) and change["low"] < -70 < change["high"] < 0


def test_rankings_say_how_far_the_right_partner_falls():
    found = figures_of(EVALUATIONS["retrieve"], [{None: ranks([0, 0, 1, 1]), NOISE: ranks([3, 0, 3, 2])}])
    assert found["clean"]["mean_rank"]["image_to_text"] == 0.5 and found["gaussian_noise-3"]["mean_rank"]["image_to_text"] == 2
    assert (
        found["image"]["relative_drop"]["image_to_text.r1"] == pytest.approx(50)
        and "mean_rank.image_to_text" not in found["image"]["relative_drop"]
    )
    assert found["gaussian_noise-3"]["change"]["image_to_text.r1"]["points"] == pytest.approx(-25)


@pytest.mark.parametrize("grid", [GRIDS["none"], Grid((NOISE,), ranks=False)])
def test_what_is_not_tested_is_not_opened(paths, grid):
    run(["roco_retrieval"], [0], grid, paths)
    assert json.loads(paths.metrics.read_text()) == {}


def test_an_absent_release_is_left_out(paths):
    write_absent(paths.shards / "vqa_rad", "vqa_rad")
    run(["vqa_rad"], [0], Grid((NOISE,), ranks=False), paths)
    assert json.loads(paths.metrics.read_text()) == {} and json.loads((paths.out / "conditions.json").read_text()) == ["gaussian_noise-3"]
