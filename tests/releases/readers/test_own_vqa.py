"""One's own questions: read by value, and prepared with their answers as they are given."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from m3ae.releases.readers.own_vqa import read
from m3ae.releases.readers.published import ReleaseError
from m3ae.releases.record import Record, Split
from m3ae.shards.read import open_split
from tests.prepare.test_release import run, with_images
from tests.releases.readers.test_manifest import KINDS, png, write_csv, write_jsonl, write_parquet

FIXTURE = Path(__file__).parents[2] / "fixtures" / "own_vqa"
QUESTION = "Which side is affected?"


def test_a_question_becomes_one_record():
    assert next(read(FIXTURE)) == Record(
        id="manifest.csv-line 2",
        split=Split.TRAIN,
        image=FIXTURE / "images/a.jpg",
        image_id="images/a.jpg",
        texts=("Which blood group is on the label?",),
        answers=("A",),
        answer_kind="open",
        licence="CC BY 4.0",
        patient="1",
    )


def test_what_is_answered_by_yes_or_no_is_closed():
    assert [record.answer_kind for record in read(FIXTURE)] == ["open", "closed", "open", "open"]


def test_answers_are_stored_as_they_are_given_but_for_capitals(tmp_path):
    run("own_vqa", with_images("own_vqa", tmp_path), tmp_path / "out")
    assert json.loads((tmp_path / "out/answers.json").read_text()) == ["a", "yes", "none", "left"]


def test_answers_that_the_rule_of_vqa_evaluation_would_spoil_stay_apart(tmp_path):
    given = ["A", "The", "none", "0", "zero", "two", "2", "T2-weighted", "T2 weighted", "a, b", "ab", "AB"]
    rows = [{"image": "a.png", "question": QUESTION, "answer": answer, "split": "train"} for answer in given]
    (tmp_path / "own_vqa").mkdir()
    (tmp_path / "own_vqa/a.png").write_bytes(png())
    run("own_vqa", write_csv(tmp_path / "own_vqa", rows), tmp_path / "out")
    assert json.loads((tmp_path / "out/answers.json").read_text()) == [answer.lower() for answer in given[:-1]]


@pytest.mark.parametrize("write", [write_jsonl, write_parquet])
def test_of_a_list_each_answer_is_right_and_numbers_are_texts(tmp_path, write):
    rows = [{"image": "a.png", "question": QUESTION, "answers": ["Left", "both", "left"]}]
    assert next(read(write(tmp_path, rows))).answers == ("Left", "both", "left")
    rows = [{"image": "a.png", "question": QUESTION, "answer": value} for value in (2.0, 2.5, None)]
    assert [record.answers for record in read(write(tmp_path, rows))] == [("2",), ("2.5",), ("",)]


def test_blank_questions_and_answers_are_dropped_under_their_reasons(tmp_path):
    rows = [{"image": "a.png", "question": QUESTION, "answer": "left"}, {"image": "a.png", "question": QUESTION, "answer": ""}]
    rows.append({"image": "a.png", "question": "  ", "answer": "left"})
    (tmp_path / "own_vqa").mkdir()
    (tmp_path / "own_vqa/a.png").write_bytes(png())
    assert run("own_vqa", write_csv(tmp_path / "own_vqa", rows), tmp_path / "out")["dropped"] == {"no answer": 1, "no text": 1}


@pytest.mark.parametrize("write", KINDS)
@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"image": "a.png", "question": QUESTION}, "'answer' is missing"),
        ({"image": "a.png", "answer": "left"}, "'question' is missing"),
        ({"question": QUESTION, "answer": "left"}, "'image' is missing"),
        (
            {"image": "a.png", "question": QUESTION, "answer": "a", "texts": "b"},
            "unknown key 'texts'; the known ones are answer, id, image",
        ),
    ],
)
def test_a_row_that_lacks_something_is_an_error_that_names_it(tmp_path, write, row, message):
    with pytest.raises(ReleaseError, match=message):
        list(read(write(tmp_path, [row])))


def test_questions_about_one_image_stay_together_when_splits_are_drawn_and_when_validation_is(tmp_path):
    rows = [{"image": f"{number % 40}.png", "question": QUESTION, "answer": f"side {number}"} for number in range(120)]
    splits = {}
    for record in read(write_jsonl(tmp_path, rows)):
        splits.setdefault(record.image_id, set()).add(record.split)
    assert all(len(found) == 1 for found in splits.values()) and set.union(*splits.values()) == set(Split)


def test_images_in_the_table_are_told_by_their_bytes(tmp_path):
    release = tmp_path / "own_vqa"
    release.mkdir()
    images = [png(level) for level in (40, 80, 40, 120)]
    columns = {"image": images, "question": [QUESTION] * 4, "answer": ["left", "right", "LEFT", "none"]}
    pq.write_table(pa.table({**columns, "split": ["train", "dev", "train", "test"]}), release / "manifest.parquet")
    first, second, third, _ = read(release)
    assert first.image_id == third.image_id != second.image_id
    assert run("own_vqa", release, tmp_path / "out")["kept"] == 4
    assert [open_split(tmp_path / "out", "train").row(number)["answers"] for number in (0, 1)] == [["left"], ["left"]]


def test_a_training_row_that_a_test_row_repeats_is_told_by_the_answers_as_given(tmp_path):
    release = tmp_path / "own_vqa"
    release.mkdir()
    for name in ("a.png", "b.png"):
        (release / name).write_bytes(png(len(name)))
    images = [{"bytes": png(7), "path": None}] * 3
    columns = {"image": images, "question": [QUESTION, QUESTION.upper(), QUESTION], "answer": ["A", "the", "a "]}
    pq.write_table(pa.table({**columns, "split": ["train", "train", "train"]}), release / "manifest.parquet")
    assert run("own_vqa", release, tmp_path / "out")["answers"] == 2
