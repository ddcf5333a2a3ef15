import base64
import io

import numpy as np
import polars
import pytest
from PIL import Image

from m3ae.report.benchmark import BENCHMARK
from m3ae.report.examples import LONGEST_SIDE_PX, THUMBNAIL_PX, gallery, picture_of
from m3ae.report.measured import result


@pytest.fixture
def shown(run, asked):
    def of(name):
        entry = next(entry for entry in BENCHMARK if entry.name == name)
        return gallery(result(entry, asked, run), asked, run)

    return of


def opened(picture):
    return Image.open(io.BytesIO(base64.b64decode(picture.removeprefix("data:image/png;base64,"))))


def test_the_best_are_the_most_confident_right_answers_of_different_images(shown):
    best = shown("vqa_rad").best
    assert [dict(example.facts)["probability"] for example in best] == ["0.980", "0.970", "0.950"]  # rows 1, 2 and 4; 0 and 3 are wrong
    assert len({example.image_id for example in best}) == 3


def test_the_worst_are_the_most_confident_wrong_answers(shown):
    worst = shown("vqa_rad").worst
    assert [dict(example.facts)["probability"] for example in worst] == ["0.990", "0.960", "0.930"]
    assert dict(worst[0].facts)["prediction"] == "right" and dict(worst[0].facts)["truth"] == "left"


def test_ranks_are_shown_from_1_and_out_of_all_pairs(shown):
    pairs = shown("zero_shot")
    assert dict(pairs.best[0].facts) == {"its text ranked": "1 of 8", "its image ranked": "1 of 8"}
    assert dict(pairs.worst[0].facts) == {"its text ranked": "8 of 8", "its image ranked": "4 of 8"}


def test_the_texts_ranked_best_stand_with_the_image_of_each_and_the_right_one_is_marked(shown):
    best, worst = shown("zero_shot").best[0].choices, shown("zero_shot").worst[0].choices
    assert [choice.text for choice in best] == [f"chest film number {n}" for n in range(5)]
    assert [choice.is_right for choice in best] == [True, False, False, False, False] and not any(choice.is_right for choice in worst)
    assert all(max(opened(choice.picture).size) == THUMBNAIL_PX for choice in best) and len({choice.picture for choice in best}) == 5


def test_the_answers_held_likely_stand_with_their_probability(shown):
    choices = shown("vqa_rad").worst[0].choices
    assert [(choice.text, choice.score, choice.is_right) for choice in choices] == [("right", 0.99, False), ("both", 0.01, False)]


def test_fine_tuned_retrieval_has_examples_too(shown):
    assert [example.image_id for example in shown("roco_retrieval").best] == ["image0", "image1", "image2"]


def test_a_picture_is_the_shards_image_with_its_licence(shown):
    best = shown("zero_shot").best[0]
    picture = opened(best.picture)
    assert picture.size == (LONGEST_SIDE_PX, 168) and picture.mode == "RGB" and best.licence == "CC BY 4.0"


def test_a_larger_image_is_shrunk_until_its_longer_side_fits():
    picture = picture_of(np.zeros((600, 300, 3), np.uint8))
    assert opened(picture).size == (LONGEST_SIDE_PX // 2, LONGEST_SIDE_PX)


def test_an_image_that_the_shards_lack_leaves_the_card_without_a_picture(run, shown):
    (run.shards("slake") / "test-00000.arrow").unlink()
    assert all(example.picture == "" for example in shown("slake").best)


def test_no_wrong_answer_is_no_worst_example(run, shown):
    path = run.predictions("vqa_rad", 0)
    polars.read_parquet(path).with_columns(score=1.0).write_parquet(path)
    assert shown("vqa_rad").worst == ()


def test_a_task_without_predictions_says_so(run, shown):
    for seed in (0, 1):
        run.predictions("vqa_rad", seed).unlink()
    assert shown("vqa_rad").missing == "no predictions were written"
    assert "not found" in shown("vqa_med_2019").missing
