import tempfile
from dataclasses import replace

import pytest

from m3ae.ask.opened import AskError
from m3ae.demo.asked import opened_demo, without_keeping
from tests.answering import LABELS
from tests.demo.training import CAPTIONS


def test_answers_come_with_a_picture_for_each_word_of_the_question(demo, image):
    said = demo.answer(image, "where is it")
    assert {one.answer for one in said["answers"]} == set(LABELS)
    assert [word["word"] for word in said["words"]] == ["where", "is", "it"]
    assert len({word["picture"] for word in said["words"]}) > 1


def test_a_moved_slider_hides_more_of_the_same_image(demo, image):
    few, many = (demo.reconstruct(image, ratio) for ratio in ("0.25", "0.75"))
    assert few["panels"]["original"] == many["panels"]["original"] and few["panels"]["seen"] != many["panels"]["seen"]
    assert few["found"].error > 0


def test_captions_are_the_training_sets(demo, image):
    assert {hit.found for hit in demo.captions_near(image, "")["hits"]} == set(CAPTIONS)


def test_a_page_without_a_training_set_says_why(demo, image):
    with pytest.raises(AskError, match="no shards here"):
        replace(demo, captions="no shards here").captions_near(image, "")


def test_a_model_that_gives_no_answers_is_refused(demo):
    with pytest.raises(AskError, match="give one that is fine-tuned to answer"):
        opened_demo(demo.pretrained, demo.pretrained, demo.captions)


@pytest.mark.parametrize("ratio", ["", "half", "nan", "0", "1", "2"])
def test_a_mask_ratio_that_is_none_is_refused(demo, image, ratio):
    with pytest.raises(AskError, match="mask ratio"):
        demo.reconstruct(image, ratio)


def test_nothing_is_kept_whatever_the_answer(demo, image, tmp_path, monkeypatch):
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    without_keeping(image.read_bytes(), demo.answer, "where is it")
    with pytest.raises(AskError) as said:
        without_keeping(b"no image", demo.answer, "where is it")
    assert not list((tmp_path / "temporary").iterdir()) and str(tmp_path) not in str(said.value)


def test_no_question_is_no_answer(demo, image):
    with pytest.raises(AskError, match="ask a question"):
        demo.answer(image, " ")
