"""The MELINDA reader on made-up records in the published layout."""

import shutil
from pathlib import Path

import pytest

from m3ae.releases.readers.melinda import read
from m3ae.releases.readers.published import ReleaseError
from m3ae.releases.record import Record, Split

RELEASE = Path(__file__).parents[2] / "fixtures" / "melinda"


def test_a_quoted_caption_over_two_lines_is_one_record():
    assert next(read(RELEASE)) == Record(
        id="train-1",
        split=Split.TRAIN,
        image=RELEASE / "melinda_images/100_2.jpg",
        image_id="100_2.jpg",
        texts=("Figure 2, A\nwestern blot of the lysates.",),
        answers=("western blot",),
    )


def test_dev_is_validation_and_blank_fields_are_blank_texts():
    rows = list(read(RELEASE))
    assert [(row.id, row.split.value) for row in rows][2:] == [("validation-1", "validation"), ("test-1", "test")]
    assert (rows[1].texts, rows[3].texts, rows[3].answers) == (('The "pull down" shown in B.',), ("",), ("",))


def test_another_label_column_can_be_asked_for():
    assert next(read(RELEASE, "i_meth_label")).answers == ("coimmunoprecipitation",)


def test_a_table_without_the_columns_is_an_error_that_names_them(tmp_path):
    release = Path(shutil.copytree(RELEASE, tmp_path / "melinda"))
    (release / "test.csv").write_text("figure,caption\na.jpg,b\n")
    with pytest.raises(ReleaseError, match=r"test\.csv: a table with the columns figure_file, caption, p_meth_label expected"):
        list(read(release))
