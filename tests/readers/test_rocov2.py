import shutil
from pathlib import Path

import pytest

from m3ae.readers.published import ReleaseError
from m3ae.readers.rocov2 import read
from m3ae.record import Split

FIXTURE = Path(__file__).parents[1] / "fixtures" / "rocov2"


def test_captions_licences_and_splits():
    rows = list(read(FIXTURE))
    assert [(row.split, row.texts[0]) for row in rows] == [
        (Split.TRAIN, "Axial CT, with a mass."), (Split.TRAIN, ""), (Split.VALIDATION, "Chest X-ray of a child."),
        (Split.TEST, "Sagittal MRI of the knee."),
    ]  # fmt: skip
    assert [row.licence for row in rows[:2]] == ["CC BY", "CC BY-NC-SA"]
    assert rows[2].image == FIXTURE / "valid_images/ROCOv2_2023_valid_000001.jpg"


def test_images_may_lie_a_folder_deeper(tmp_path):
    folder = Path(shutil.copytree(FIXTURE, tmp_path / "rocov2"))
    nested = folder / "train_images/train/ROCOv2_2023_train_000001.jpg"
    nested.parent.mkdir()
    nested.touch()
    assert next(read(folder)).image == nested


@pytest.mark.parametrize(("file", "content", "message"), [
    ("train_captions.csv", "ID,Text\na,b\n", r"train_captions.csv: a table with the columns ID, Caption expected"),
    ("train_captions.csv", "ID,Caption\n ,b\n", r"train_captions.csv, line 2: the ID is blank"),
    ("license_information.csv", "ID,PMCID\na,b\n", r"license_information.csv, line 1: no column names the licence"),
])  # fmt: skip
def test_a_table_that_is_none_of_its_is_named(tmp_path, file, content, message):
    folder = Path(shutil.copytree(FIXTURE, tmp_path / "rocov2"))
    (folder / file).write_text(content)
    with pytest.raises(ReleaseError, match=message):
        list(read(folder))


def test_an_empty_folder_is_an_error(tmp_path):
    with pytest.raises(ReleaseError, match="none of train_captions.csv, valid_captions.csv, test_captions.csv is here"):
        list(read(tmp_path))
