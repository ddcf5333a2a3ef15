"""The VQA-RAD reader on made-up records in the published layouts."""

import json
import shutil
from pathlib import Path

import pytest

from m3ae.releases.readers.published import Dropped, ReleaseError
from m3ae.releases.readers.vqa_rad import SINGLE_FILE, read
from m3ae.releases.record import Record, Split

RELEASE = Path(__file__).parents[2] / "fixtures" / "vqa_rad"


@pytest.fixture
def release(tmp_path: Path) -> Path:
    return Path(shutil.copytree(RELEASE, tmp_path / "vqa_rad"))


def test_a_question_becomes_one_record():
    assert next(read(RELEASE)) == Record(
        id="1",
        split=Split.TRAIN,
        image=RELEASE / "images/synpic1.jpg",
        image_id="synpic1",
        texts=("Is there an infarct?",),
        answers=("Yes",),
        answer_kind="closed",
        licence="CC0",
    )


def test_integer_answers_are_texts_and_splits_are_in_order():
    assert [(record.id, record.answers, record.split.value) for record in read(RELEASE)] == [
        ("1", ("Yes",), "train"),
        ("2", ("2",), "train"),
        ("3", ("Left lung",), "train"),
        ("4", ("no",), "test"),
    ]


def test_the_single_public_file_gives_the_same_records(tmp_path):
    rows = json.loads((RELEASE / "trainset.json").read_text())
    tests = [row | {"phrase_type": "test_" + row["phrase_type"]} for row in json.loads((RELEASE / "testset.json").read_text())]
    (tmp_path / SINGLE_FILE).write_text(json.dumps([tests[0], *rows]))
    (tmp_path / "VQA_RAD Image Folder").mkdir()
    assert [(record.id, record.split) for record in read(tmp_path)] == [(record.id, record.split) for record in read(RELEASE)]


def test_a_validation_file_that_copies_the_test_file_is_dropped(release):
    shutil.copy(release / "testset.json", release / "valset.json")
    assert [row for row in read(release) if isinstance(row, Dropped)] == [
        Dropped("4", Split.VALIDATION, "images/synpic2.jpg", "validation row repeats a test row")
    ]


def test_a_validation_file_of_its_own_is_read(release):
    rows = json.loads((release / "testset.json").read_text())
    (release / "valset.json").write_text(json.dumps([rows[0] | {"qid": 9}]))
    assert [(record.id, record.split) for record in read(release)][3:] == [("9", Split.VALIDATION), ("4", Split.TEST)]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("[\n{]", "line 2: is not JSON"),
        ("{}", "a JSON list of objects expected"),
        ('[{"qid": 1}]', "row 1: 'image_name' is missing"),
        ('[{"qid": 1, "image_name": "a.jpg", "question": "q", "answer": "a", "answer_type": "MAYBE"}]', "row 1: answer_type 'MAYBE'"),
    ],
)
def test_a_malformed_file_is_an_error_that_names_the_place(release, content, problem):
    (release / "testset.json").write_text(content)
    with pytest.raises(ReleaseError, match=problem):
        list(read(release))


def test_a_folder_without_questions_is_an_error_with_a_remedy(tmp_path):
    (tmp_path / "images").mkdir()
    with pytest.raises(ReleaseError, match="put VQA-RAD's questions beside its images"):
        list(read(tmp_path))
