"""One id however it is written, and different ones however alike."""

import pytest

from m3ae.releases.readers.ids import patient_id, row_id, told


@pytest.mark.parametrize(
    "written", ["10000032", "10000032.0", "10000032.", "10000032.000", " 10000032 ", "1.0000032e+07", "1.0000032E+07", "\u00a010000032"]
)
def test_a_whole_number_is_one_id_however_it_is_written(written):
    assert row_id(written) == patient_id(written) == "10000032"


@pytest.mark.parametrize("written", ["", " ", "NaN", "nan", "None", "null", "<NA>", "NaT"])
def test_a_word_for_none_is_no_id(written):
    assert told(written) == row_id(written) == patient_id(written) == ""


@pytest.mark.parametrize("name", ["1.5", "1.10", "p1.0", "12e4", "1e+999999999", "1.5e+00", "NA", "2e", ".0", "1.0.0", "9" * 5000])
def test_what_is_no_whole_number_is_left_as_it_is(name):
    assert row_id(name) == patient_id(name) == name


def test_more_marks_on_a_letter_than_any_writing_has_stay_as_they_are():
    assert row_id("e\u0301") == "\u00e9"
    assert row_id("e" + "\u0301\u0316" * 500_000) == "e" + "\u0301\u0316" * 500_000


def test_zeros_in_front_part_rows_but_no_patients():
    assert row_id("007") == "007" != row_id("7")
    assert patient_id("007") == patient_id("7.0") == "7"
    assert patient_id("000") == "0" and patient_id("p007") == "p007"


def test_a_letter_with_its_accent_apart_is_the_same_letter():
    assert row_id("Mu\u0308ller") == row_id("M\u00fcller")


def test_a_megabyte_of_digits_takes_no_time(linear):
    linear(lambda size: row_id("1" * size + "x"))
    linear(lambda size: patient_id("0" * size + ".0" * 2))
