"""The MIMIC-CXR-JPG reader on made-up records in the published layout."""

import gzip
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from m3ae.releases.readers.mimic_cxr import METADATA, SPLITS, read, sections
from m3ae.releases.readers.published import Dropped, ReleaseError
from m3ae.releases.record import Record, Split
from tests.prepare.test_release import run, with_images

RELEASE = Path(__file__).parents[2] / "fixtures" / "mimic_cxr"
FIRST = Record(
    id="02aa804e",
    split=Split.TRAIN,
    image=RELEASE / "files/p10/p10000032/s50414267/02aa804e.jpg",
    image_id="02aa804e",
    texts=(
        "There is no focal consolidation, pleural effusion or pneumothorax. Note: the spine is straight.",
        "No acute cardiopulmonary process.",
    ),
    licence="PhysioNet Credentialed Health Data License",
    patient="10000032",
)


@pytest.fixture
def release(tmp_path: Path) -> Path:
    return Path(shutil.copytree(RELEASE, tmp_path / "mimic_cxr"))


def test_a_frontal_image_becomes_one_record_and_what_is_not_used_says_why():
    first, lateral, second, third, unreported = read(RELEASE)
    assert first == FIRST
    assert lateral == Dropped("174413ec", Split.TRAIN, "files/p10/p10000032/s50414267/174413ec.jpg", "not a frontal view")
    assert (second.split, second.texts) == (Split.VALIDATION, ("Small left pleural effusion.",))
    assert (third.split, third.texts) == (Split.TEST, ("The heart is enlarged.",))
    assert unreported.reason == "no report"


def test_other_views_may_be_asked_for():
    assert [row.id for row in read(RELEASE, ("LATERAL",)) if isinstance(row, Record)] == ["174413ec"]


def test_the_tables_may_be_packed_and_lie_with_the_images_in_a_folder_of_the_releases_name(release):
    inner = release / "mimic-cxr-jpg"
    inner.mkdir()
    for name in (SPLITS, METADATA):
        with gzip.open(inner / f"{name}.gz", "wb") as file:
            file.write((release / name).read_bytes())
        (release / name).unlink()
    assert next(read(release)).image == inner / "files/p10/p10000032/s50414267/02aa804e.jpg"


def test_the_reports_may_lie_beside_the_images(release):
    shutil.move(release / "mimic-cxr-reports/files", release / "files")
    (release / "mimic-cxr-reports").rmdir()
    assert next(read(release)).texts == FIRST.texts


def test_images_on_another_disk_are_read_where_its_folder_is_named(tmp_path):
    release = with_images("mimic_cxr", tmp_path)
    shutil.move(release / "files", tmp_path / "disk/files")
    (release / "files").symlink_to(tmp_path / "disk/files")
    assert run("mimic_cxr", release, tmp_path / "out", image_folders=(tmp_path / "disk",))["kept"] == 3


def test_numbers_that_a_table_of_floats_has_written_are_the_same_folders(release):
    path = release / SPLITS
    path.write_text(path.read_text().replace(",50414267,10000032,", ",50414267.0,10000032.0,"))
    assert next(read(release)) == replace(FIRST, image=release / FIRST.image.relative_to(RELEASE))


@pytest.mark.parametrize(
    ("report", "found"),
    [
        ("FINDINGS: One.\nIMPRESSION: Two.", {"findings": "One.", "impression": "Two."}),
        (" FINDINGS:\n\n One\n two.\n\n RECOMMENDATION(S):  Three.", {"findings": "One two."}),
        ("FINDINGS AND IMPRESSION: Both.", {"findings": "Both."}),
        ("CONCLUSION: An end.", {"impression": "An end."}),
        ("Findings: In lower case.\nTECHNIQUE: none", {"findings": "In lower case."}),
        ("IMPRESSION:\n1. One: two.\n2. Three.", {"impression": "1. One: two. 2. Three."}),
        ("INDICATION: Findings: unclear.", {}),
        ("A report without headings.", {}),
        ("", {}),
    ],
)
def test_sections_of_a_report(report, found):
    assert sections(report.splitlines()) == found


@pytest.mark.parametrize("piece", ["A", "A ", "FINDINGS: ", "A:", "a,"])
def test_a_report_of_one_megabyte_without_a_line_end_takes_no_time(linear, piece):
    linear(lambda size: sections([piece * size]))


@pytest.mark.parametrize(
    ("file", "change", "message"),
    [
        (SPLITS, ("train", "fold1"), r"split\.csv, line 2: split 'fold1' is none of train, validate, test"),
        (SPLITS, ("subject_id", "patient"), r"split\.csv: a table with the columns dicom_id, study_id, subject_id, split expected"),
        (METADATA, ("ViewPosition", "View"), r"metadata\.csv: a table with the columns dicom_id, ViewPosition expected"),
    ],
)
def test_a_table_of_another_form_is_an_error_that_names_it(release, file, change, message):
    path = release / file
    path.write_text(path.read_text().replace(*change))
    with pytest.raises(ReleaseError, match=message):
        list(read(release))


def test_a_packed_table_that_is_cut_off_is_an_error(release):
    (release / f"{SPLITS}.gz").write_bytes(gzip.compress((RELEASE / SPLITS).read_bytes())[:-20])
    with pytest.raises(ReleaseError, match=r"split\.csv\.gz: cannot be read \(Compressed file ended"):
        list(read(release))


def test_without_reports_or_tables_the_message_says_what_is_there(release, tmp_path):
    shutil.rmtree(release / "mimic-cxr-reports")
    with pytest.raises(ReleaseError, match=r"none of mimic-cxr-reports/files, .* is here; what is here: mimic-cxr-2\.0\.0-metadata\.csv"):
        list(read(release))
    (tmp_path / "empty").mkdir()
    with pytest.raises(ReleaseError, match=r"none of mimic-cxr-2\.0\.0-split\.csv\.gz, .* is here; what is here: nothing"):
        list(read(tmp_path / "empty"))
