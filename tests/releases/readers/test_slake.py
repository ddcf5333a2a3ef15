"""The SLAKE reader on made-up records in the published layout."""

import shutil
from pathlib import Path

import pytest

from m3ae.releases.readers.published import Dropped, ReleaseError
from m3ae.releases.readers.slake import read
from m3ae.releases.record import Record, Split

RELEASE = Path(__file__).parents[2] / "fixtures" / "slake"
ENGLISH = Record(
    id="0",
    split=Split.TRAIN,
    image=RELEASE / "imgs/xmlab1/source.jpg",
    image_id="xmlab1/source.jpg",
    texts=("What modality is used to take this image?",),
    answers=("MRI",),
    answer_kind="open",
    licence="CC BY 4.0",
)


def test_english_questions_are_records_and_others_are_dropped():
    train, foreign, validation = read(RELEASE)
    assert train == ENGLISH
    assert foreign == Dropped("5000", Split.TRAIN, "imgs/xmlab1/source.jpg", "language not chosen")
    assert (validation.split, validation.answer_kind) == (Split.VALIDATION, "closed")


def test_the_newer_name_of_the_validation_file_is_accepted(tmp_path):
    release = Path(shutil.copytree(RELEASE, tmp_path / "slake"))
    (release / "validate.json").rename(release / "validation.json")
    assert [row.id for row in read(release)] == ["0", "5000", "1"]


def test_a_missing_key_is_an_error_that_names_the_row(tmp_path):
    release = Path(shutil.copytree(RELEASE, tmp_path / "slake"))
    (release / "test.json").write_text('[{"img_name": "xmlab1/source.jpg"}]')
    with pytest.raises(ReleaseError, match=r"test\.json, row 1: 'question' is missing"):
        list(read(release))
