"""The VQA-Med-2019 reader on made-up records in the published layout."""

import shutil
from pathlib import Path

import pytest

from m3ae.releases.readers.published import Dropped, ReleaseError
from m3ae.releases.readers.vqa_med_2019 import TEST_FILE, read
from m3ae.releases.record import Record, Split

RELEASE = Path(__file__).parents[2] / "fixtures" / "vqa_med_2019"


@pytest.fixture
def release(tmp_path: Path) -> Path:
    return Path(shutil.copytree(RELEASE, tmp_path / "vqa_med_2019"))


def test_a_question_becomes_one_record():
    assert next(read(RELEASE)) == Record(
        id="modality-1",
        split=Split.TRAIN,
        image=RELEASE / "ImageClef-2019-VQA-Med-Training/Train_images/synpic1.jpg",
        image_id="synpic1",
        texts=("what imaging modality is used?",),
        answers=("ct w/contrast (iv)",),
        answer_kind="open",
        licence="CC BY 4.0",
    )


def test_three_categories_of_each_split_are_read_and_the_fourth_is_dropped():
    rows = list(read(RELEASE))
    assert [row.id for row in rows] == ["modality-1", "plane-1", "organ-1"] * 2 + ["modality-1", "plane-2", "organ-3", "abnormality-4"]
    image = "VQAMed2019Test/VQAMed2019_Test_Images/synpic3.jpg"
    assert rows[-1] == Dropped("abnormality-4", Split.TEST, image, "not modality, plane or organ")


def test_a_hash_parts_alternatives():
    assert list(read(RELEASE))[8].answers == ("skull and contents", "face, sinuses, and neck")


def test_a_yes_or_no_is_closed():
    assert [row.answer_kind for row in read(RELEASE) if isinstance(row, Record)].count("closed") == 2


def test_without_the_category_column_a_questions_wording_tells_its_category(release):
    path = release / "VQAMed2019Test" / TEST_FILE
    path.write_text("".join("|".join((line.split("|")[0], *line.split("|")[2:])) + "\n" for line in path.read_text().splitlines()))
    rows = list(read(release))[6:]
    assert [row.id for row in rows] == ["modality-1", "plane-2", "organ-3", "unknown-4"]
    assert isinstance(rows[3], Dropped)


def test_an_archive_unpacked_into_a_folder_of_its_own_name_is_read(release, tmp_path):
    (release / "VQAMed2019Test").rename(tmp_path / "inner")
    (release / "VQAMed2019Test").mkdir()
    (tmp_path / "inner").rename(release / "VQAMed2019Test" / "VQAMed2019Test")
    assert len(list(read(release))) == 10


def test_a_line_of_two_fields_is_an_error_that_names_it(release):
    (release / "ImageClef-2019-VQA-Med-Training/QAPairsByCategory/C2_Plane_train.txt").write_text("synpic1|axial\n")
    with pytest.raises(ReleaseError, match=r"C2_Plane_train\.txt, line 1: 3 fields"):
        list(read(release))


def test_a_folder_without_any_split_is_an_error_with_a_remedy(tmp_path):
    with pytest.raises(ReleaseError, match="unpack VQA-Med-2019 into this folder"):
        list(read(tmp_path))
