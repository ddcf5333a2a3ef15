"""VQA-RAD, SLAKE and PathVQA as the hub's Parquet files."""

import hashlib

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from m3ae.releases.catalogue import CATALOGUE
from m3ae.releases.readers.published import ReleaseError
from m3ae.releases.record import Split
from m3ae.shards.read import open_split
from tests.hub_tables import QUESTIONS, write_questions
from tests.prepare.test_release import run
from tests.releases.readers.test_manifest import png

NAMES = ("vqa_rad", "slake", "path_vqa")
CONTENTS = {f"{letter}.jpg": png(20 + 40 * number) for number, letter in enumerate("abcd")}


@pytest.mark.parametrize("name", NAMES)
def test_questions_their_kinds_and_images_by_value(tmp_path, name):
    rows = list(CATALOGUE[name].read(write_questions(tmp_path / name, CONTENTS)))
    assert [row.id for row in rows] == ["train-1", "train-2", "train-3", "validation-1", "test-1"]
    assert [row.answer_kind for row in rows] == ["closed", "open", "open", "closed", "open"]
    assert (rows[1].texts, rows[1].answers, rows[1].split) == (("Where are the cells?",), ("in the liver",), Split.TRAIN)
    assert rows[0].image_id == rows[1].image_id == hashlib.sha256(CONTENTS["a.jpg"]).hexdigest()[:32] != rows[2].image_id
    assert rows[0].content.read() == CONTENTS["a.jpg"]
    assert {row.licence for row in rows} == {{"vqa_rad": "CC0", "slake": "CC BY 4.0", "path_vqa": "MIT"}[name]}


@pytest.mark.parametrize("name", NAMES)
def test_they_are_prepared_by_the_rule_of_vqa_evaluation(tmp_path, name):
    figures = run(name, write_questions(tmp_path / name, CONTENTS), tmp_path / "out")
    assert (figures["kept"], figures["dropped"]) == (5, {})
    assert open_split(tmp_path / "out", "train").row(1)["answers"] == ["in liver"]
    assert figures["published"]["test"]["found"] == 1


def test_the_files_may_lie_in_the_folder_itself_under_other_spellings_and_in_parts(tmp_path):
    release = write_questions(tmp_path / "path_vqa", CONTENTS)
    (release / "data/validation-00000-of-00001.parquet").rename(release / "val-0.parquet")
    table = pq.read_table(release / "data/test-00000-of-00001.parquet")
    pq.write_table(table, release / "data/test-00001-of-00002.parquet")
    rows = list(CATALOGUE["path_vqa"].read(release))
    assert [row.id for row in rows if row.split is Split.TEST] == ["test-1", "test-2"]
    assert [row.id for row in rows if row.split is Split.VALIDATION] == ["validation-1"]


def test_drawn_validation_images_take_all_their_questions_along(tmp_path):
    release = tmp_path / "vqa_rad"
    (release / "data").mkdir(parents=True)
    images = [{"bytes": png(number % 20 * 10), "path": None} for number in range(60)]
    columns = {"image": images, "question": [f"question {number}" for number in range(60)], "answer": ["left"] * 60}
    pq.write_table(pa.table(columns), release / "data/train-00000-of-00001.parquet")
    run("vqa_rad", release, tmp_path / "out")
    ids = {
        split: {row["image_id"] for row in map(open_split(tmp_path / "out", split).row, range(count))}
        for split, count in (("train", 54), ("validation", 6))
    }
    assert len(ids["validation"]) == 2 and ids["train"].isdisjoint(ids["validation"])


def test_a_training_question_that_a_test_question_repeats_is_found_by_the_images_bytes(tmp_path):
    release = tmp_path / "vqa_rad"
    (release / "data").mkdir(parents=True)
    for split, path in (("train", "one name"), ("test", "another")):
        images = [{"bytes": png(level), "path": path} for level in (30, 60)]
        columns = {"image": images, "question": ["Is it large?", f"{split} asks"], "answer": ["Yes.", "no"]}
        pq.write_table(pa.table(columns), release / f"data/{split}-0.parquet")
    figures = run("vqa_rad", release, tmp_path / "out")
    assert figures["dropped"] == {"repeats a test row word for word": 1}
    assert run("vqa_rad", release, tmp_path / "paper", protocol="paper")["dropped"] == {}


@pytest.mark.parametrize("name", NAMES)
def test_a_table_without_the_columns_and_a_folder_without_tables_are_errors(tmp_path, name):
    (tmp_path / name).mkdir()
    (tmp_path / name / "README.md").touch()
    with pytest.raises(ReleaseError, match=r"data/train-\*\.parquet.* is here; what is here: README\.md; "):
        list(CATALOGUE[name].read(tmp_path / name))
    pq.write_table(pa.table({"image": [b"a"], "question": ["b"]}), tmp_path / name / "train-0.parquet")
    with pytest.raises(ReleaseError, match="train-0.parquet: the columns answer are missing"):
        list(CATALOGUE[name].read(tmp_path / name))


def test_images_that_are_no_bytes_but_paths_are_read_from_beside_the_table(tmp_path):
    release = write_questions(tmp_path / "path_vqa", {})
    for name, content in CONTENTS.items():
        (release / "data" / name).write_bytes(content)
    rows = list(CATALOGUE["path_vqa"].read(release))
    assert rows[0].image == release / "data/a.jpg" and rows[0].image_id == rows[1].image_id == "a.jpg"
    assert run("path_vqa", release, tmp_path / "out")["kept"] == sum(map(len, QUESTIONS.values()))
