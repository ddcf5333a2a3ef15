"""The IU X-ray reader on made-up reports in the published layout."""

import os
import shutil
from pathlib import Path

import polars as pl
import pytest

from m3ae.releases.readers.drawn_splits import drawn
from m3ae.releases.readers.iu_xray import read
from m3ae.releases.readers.published import Dropped, ReleaseError
from m3ae.releases.record import Record
from tests.prepare.test_release import run, with_images

RELEASE = Path(__file__).parents[2] / "fixtures" / "iu_xray"


@pytest.fixture
def release(tmp_path: Path) -> Path:
    return Path(shutil.copytree(RELEASE, tmp_path / "iu_xray"))


def test_each_image_of_a_report_becomes_one_record():
    first, second, third, *_ = read(RELEASE)
    assert first == Record(
        id="CXR1_1_IM-0001-3001",
        split=drawn("1"),
        image=RELEASE / "CXR1_1_IM-0001-3001.png",
        image_id="CXR1_1_IM-0001-3001",
        texts=("The heart is of normal size & shape.", "Normal chest x-XXXX."),
        licence="http://creativecommons.org/licenses/by-nc-nd/4.0/",
        patient="1",
    )
    assert (second.id, second.split, second.texts) == ("CXR1_1_IM-0001-4001", first.split, first.texts)
    assert (third.id, third.texts, third.licence) == ("CXR2_IM-0652-1001", ("No acute pulmonary findings.",), "")


def test_reports_without_text_or_image_say_so():
    assert list(read(RELEASE))[3:] == [
        Dropped("CXR10_IM-0002-1001", drawn("10"), "CXR10_IM-0002-1001.png", "no findings and no impression in the report"),
        Dropped("11", drawn("11"), "", "no image of the report is named"),
    ]


@pytest.mark.parametrize("folder", ["NLMCXR_png", "images", "images/NLMCXR_png"])
def test_the_images_may_lie_in_a_folder_of_their_own(release, folder):
    (release / folder).mkdir(parents=True)
    assert next(read(release)).image == release / folder / "CXR1_1_IM-0001-3001.png"


@pytest.mark.parametrize("folder", ["NLMCXR_reports/ecgen-radiology", "reports"])
def test_the_reports_may_lie_where_their_archive_is_unpacked(release, folder):
    (release / folder).parent.mkdir(exist_ok=True)
    (release / "ecgen-radiology").rename(release / folder)
    assert len(list(read(release))) == 5


def test_a_report_whose_name_is_not_utf_8_is_prepared_under_its_codes(tmp_path):
    release = with_images("iu_xray", tmp_path)
    os.rename(release / "ecgen-radiology/11.xml", os.fsencode(release) + b"/ecgen-radiology/caf\xe9.xml")
    run("iu_xray", release, tmp_path / "out")
    assert "caf\\xe9" in pl.read_parquet(tmp_path / "out/dropped.parquet")["id"].to_list()


def test_it_is_prepared(tmp_path):
    figures = run("iu_xray", with_images("iu_xray", tmp_path), tmp_path / "out")
    assert figures["kept"] == 3 and sum(figures["dropped"].values()) == 2


BOMB = '<!DOCTYPE a [<!ENTITY b "cccccccccc"><!ENTITY d "&b;&b;&b;&b;&b;&b;&b;&b;">]><eCitation>&d;</eCitation>'
OUTSIDE = '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><eCitation>&b;</eCitation>'


@pytest.mark.parametrize("content", [BOMB, OUTSIDE, f'<?xml version="1.0"?>\n{BOMB}'])
def test_a_report_that_declares_entities_is_refused(release, content):
    (release / "ecgen-radiology/3.xml").write_text(content)
    with pytest.raises(ReleaseError, match=r"3\.xml: declares a document type or entities, as no published report does"):
        list(read(release))


@pytest.mark.parametrize("content", ["", "<a>", "<eCitation>\n</a>", "<html><br></html>", "\x00"])
def test_a_report_that_is_no_xml_is_an_error_that_names_it(release, content):
    (release / "ecgen-radiology/3.xml").write_text(content)
    with pytest.raises(ReleaseError, match=r"3\.xml.*: is not XML"):
        list(read(release))


def test_bytes_in_another_encoding_than_the_published_one_are_an_error(release):
    (release / "ecgen-radiology/3.xml").write_bytes(BOMB.encode("utf-16"))
    with pytest.raises(ReleaseError, match=r"3\.xml, line 1: is not UTF-8"):
        list(read(release))


def test_without_reports_the_message_says_what_is_there(release):
    shutil.rmtree(release / "ecgen-radiology")
    (release / "indiana_reports.csv").touch()
    with pytest.raises(ReleaseError, match=r"none of ecgen-radiology, .* is here; what is here: indiana_reports\.csv"):
        list(read(release))
    (release / "ecgen-radiology").mkdir()
    with pytest.raises(ReleaseError, match=r"ecgen-radiology: none of 1\.xml, 2\.xml, \.\.\. is here; what is here: nothing"):
        list(read(release))
