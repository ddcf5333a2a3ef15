import shutil
from pathlib import Path

import pytest

from m3ae.releases.readers.published import ReleaseError
from m3ae.releases.readers.rocov2 import read
from m3ae.releases.record import Split

FIXTURE = Path(__file__).parents[2] / "fixtures" / "rocov2"


def test_captions_licences_and_splits():
    rows = list(read(FIXTURE))
    assert [(row.split, row.texts[0]) for row in rows] == [
        (Split.TRAIN, "Axial CT, with a mass."),
        (Split.TRAIN, ""),
        (Split.VALIDATION, "Chest X-ray of a child."),
        (Split.TEST, "Sagittal MRI of the knee."),
    ]
    assert [row.licence for row in rows[:2]] == ["CC BY", "CC BY-NC-SA"]
    assert rows[2].image == FIXTURE / "valid_images/ROCOv2_2023_valid_000001.jpg"


def test_images_may_lie_a_folder_deeper(tmp_path):
    folder = Path(shutil.copytree(FIXTURE, tmp_path / "rocov2"))
    nested = folder / "train_images/train/ROCOv2_2023_train_000001.jpg"
    nested.parent.mkdir()
    nested.touch()
    assert next(read(folder)).image == nested


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("train_captions.csv", "ID,Text\na,b\n", r"train_captions.csv: a table with the columns ID, Caption expected"),
        ("train_captions.csv", "ID,Caption\n ,b\n", r"train_captions.csv, line 2: the ID is blank"),
        ("train_captions.csv", "ID,Caption,Caption\na,b,c\n", r"train_captions.csv: a table with the columns ID, Caption expected, one"),
        ("license_information.csv", "ID,PMCID\na,b\n", r"license_information.csv, line 1: no column names the licence"),
        (
            "license_information.csv",
            "ID,licence_url,license_name\na,b,c\n",
            r"license_information.csv, line 1: licence_url and license_name may each name the licence; call one of them `license`",
        ),
    ],
)
def test_a_table_that_is_none_of_its_is_named(tmp_path, file, content, message):
    folder = Path(shutil.copytree(FIXTURE, tmp_path / "rocov2"))
    (folder / file).write_text(content)
    with pytest.raises(ReleaseError, match=message):
        list(read(folder))


def test_an_empty_folder_is_an_error(tmp_path):
    with pytest.raises(
        ReleaseError,
        match="none of train_captions.csv, valid_captions.csv, test_captions.csv, data/train-.* is here; what is here: nothing",
    ):
        list(read(tmp_path))


@pytest.mark.parametrize("header", ["ID,license_url,License", "ID,note,licensed_as"])
def test_a_licence_is_taken_from_the_column_of_that_name_or_the_only_one_like_it(tmp_path, header):
    folder = Path(shutil.copytree(FIXTURE, tmp_path / "rocov2"))
    (folder / "license_information.csv").write_text(f"{header}\nROCOv2_2023_train_000001,https://x,CC BY\n")
    assert next(read(folder)).licence == "CC BY"
