"""One's own images by class."""

import json
from pathlib import Path

import pytest

from m3ae.releases.readers.own_classification import QUESTION, read
from m3ae.releases.readers.published import ReleaseError
from m3ae.releases.record import Record, Split
from m3ae.shards.read import open_split
from tests.prepare.test_release import run, with_images
from tests.releases.readers.test_manifest import KINDS, write_jsonl

FIXTURE = Path(__file__).parents[2] / "fixtures" / "own_classification"


def test_an_image_becomes_one_record_with_the_text_or_a_question():
    first, *_, last = read(FIXTURE)
    image = FIXTURE / "images/a.jpg"
    assert first == Record("manifest.jsonl-line 1", Split.TRAIN, image, "images/a.jpg", (QUESTION,), answers=("Normal",))
    assert (last.texts, last.split, last.answer_kind) == (("A scan of the chest.",), Split.TEST, "")


def test_classes_are_the_labels_in_lower_case_sorted(tmp_path):
    figures = run("own_classification", with_images("own_classification", tmp_path), tmp_path / "out")
    assert json.loads((tmp_path / "out/answers.json").read_text()) == ["a+", "a-", "normal"] and figures["kept"] == 4
    assert open_split(tmp_path / "out", "train").row(0)["answers"] == ["normal"]


@pytest.mark.parametrize("word", ["label", "Label", "class", "answer"])
@pytest.mark.parametrize("write", KINDS)
def test_other_words_for_the_label_are_understood(tmp_path, write, word):
    assert next(read(write(tmp_path, [{"image": "a.png", word: "tumour"}]))).answers == ("tumour",)


@pytest.mark.parametrize(("value", "label"), [(1, "1"), (1.0, "1"), ("1", "1"), (True, "yes"), (None, "")])
def test_a_label_may_be_a_number(tmp_path, value, label):
    assert next(read(write_jsonl(tmp_path, [{"image": "a.png", "label": value}]))).answers == (label,)


def test_a_row_has_one_label(tmp_path):
    with pytest.raises(ReleaseError, match="line 1: 'label' is no text"):
        list(read(write_jsonl(tmp_path, [{"image": "a.png", "label": ["a", "b"]}])))
    with pytest.raises(ReleaseError, match="line 1: 'label' is missing"):
        list(read(write_jsonl(tmp_path, [{"image": "a.png"}])))
