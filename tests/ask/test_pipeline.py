import pytest

from m3ae.ask.answer import answers
from m3ae.ask.pipeline import pipeline


def test_a_pipeline_gives_one_or_many_as_transformers_did(answering, images):
    ask = pipeline("visual-question-answering", answering.folder)
    [[best, second]] = answers(answering, images[:1], ["is it"], num_best=2)
    one = ask(image=images[0], question="is it", top_k=2)
    assert [answer["answer"] for answer in one] == [best.answer, second.answer]
    assert one[0]["score"] == pytest.approx(best.score, abs=1e-6)
    assert len(ask(image=images[:3], question="is it")) == 3
    with pytest.raises(ValueError, match="2 images and 1 texts"):
        ask(image=images[:2], question=["is it"])


def test_a_matching_pipeline_gives_a_score_and_no_other_task_is_known(pretrained, images):
    assert 0 <= pipeline("image-text-matching", pretrained.folder)(image=images[0], text="a mass")["score"] <= 1
    with pytest.raises(ValueError, match="visual-question-answering or image-text-matching expected"):
        pipeline("translation", pretrained.folder)
