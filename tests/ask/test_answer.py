import pytest
import torch
from transformers import AutoModel

import m3ae.hub  # noqa: F401
from m3ae.ask.answer import answers
from m3ae.ask.opened import AskError, Opened
from tests.answering import write_model


def test_answers_are_the_models_own_the_best_first(answering, images):
    [one, two] = answers(answering, images[:2], ["is there an effusion", "where is it"], num_best=2)
    read = answering.processor(images[:2], ["is there an effusion", "where is it"])
    with torch.no_grad():
        expected = AutoModel.from_pretrained(answering.folder)(**read).logits.sigmoid()
    assert [answer.score for answer in one] == pytest.approx(expected[0].sort(descending=True).values[:2].tolist(), abs=1e-5)
    assert two[0].answer == answering.config.labels[int(expected[1].argmax())]


def test_a_model_that_gives_no_answers_says_what_would(pretrained, images):
    with pytest.raises(AskError, match="this model is pre-trained and cannot answer; give one that is fine-tuned to answer"):
        answers(pretrained, images[:1], ["is it"], num_best=1)


def test_answers_without_names_are_an_error_with_a_remedy(tmp_path, config, images):
    nameless = Opened.open(write_model(tmp_path / "nameless", config, objectives=("answer",), num_labels=3))
    with pytest.raises(AskError, match="does not name the answers"):
        answers(nameless, images[:1], ["is it"], num_best=1)


def test_an_image_that_cannot_be_read_is_named(answering, tmp_path):
    (tmp_path / "bad.png").write_text("no image")
    with pytest.raises(AskError, match=r"bad\.png: .*give an image that can be read"):
        answers(answering, [tmp_path / "bad.png"], ["is it"], num_best=1)
