"""The MedICaT reader on made-up records in the published layout."""

import random
from collections import Counter
from pathlib import Path

import pytest

from m3ae.releases.readers.medicat import FIGURES, read, split_figures
from m3ae.releases.readers.published import Dropped, ReleaseError
from m3ae.releases.record import Record, Split

RELEASE = Path(__file__).parents[2] / "fixtures" / "medicat"


def test_a_figures_texts_are_its_caption_and_its_references():
    first = next(read(RELEASE))
    assert (first.id, first.image, first.licence) == ("aa_1-Figure1-1.png", RELEASE / "release/figures/aa_1-Figure1-1.png", "cc-by")
    assert first.texts == ("Fig. 1. Chest radiograph with a nodule.", "A nodule was seen (Fig. 1).")


def test_a_blank_caption_falls_back_to_the_other_one():
    assert list(read(RELEASE))[2].texts == ("Sagittal MRI of the spine.",)


def test_null_licences_and_references_are_blank():
    last = list(read(RELEASE))[3]
    assert (last.texts, last.licence) == (("Fig. 1. Abdominal CT.",), "")


def test_a_figure_that_is_not_radiology_is_dropped_under_that_reason():
    assert list(read(RELEASE))[1] == Dropped("aa_1-Figure2-1.png", Split.TRAIN, "release/figures/aa_1-Figure2-1.png", "not radiology")


def test_three_figures_go_to_three_splits():
    assert {record.split for record in read(RELEASE) if isinstance(record, Record)} == set(Split)


SIZES = [(0, (0, 0, 0)), (2, (2, 0, 0)), (6, (4, 1, 1)), (50, (40, 5, 5)), (30_000, (28_000, 1000, 1000))]


@pytest.mark.parametrize(("num_figures", "sizes"), SIZES)
def test_a_small_release_shrinks_in_proportion(num_figures, sizes):
    counts = Counter(split_figures(num_figures))
    assert tuple(counts[split] for split in Split) == sizes


def test_the_split_is_the_authors_shuffle():
    """`random.seed(42)`, `shuffle(indices)`, then the last 2,000: the numbers at the order's ends."""
    splits = split_figures(30_000)
    order = list(range(30_000))
    random.Random(42).shuffle(order)
    assert {splits[figure] for figure in order[-1000:]} == {Split.TEST}
    assert {splits[figure] for figure in order[-2000:-1000]} == {Split.VALIDATION}


def test_the_release_level_may_be_absent():
    assert [row.id for row in read(RELEASE / "release")] == [row.id for row in read(RELEASE)]


MALFORMED = ["{", "[]", '{"radiology": true, "fig_uri": "x"}', '{"radiology": true, "pdf_hash": "a", "fig_uri": "b", "s2_caption": 3}']


@pytest.mark.parametrize("line", MALFORMED)
def test_a_malformed_line_is_an_error_that_names_it(tmp_path, line):
    (tmp_path / FIGURES).write_text('{"radiology": false, "pdf_hash": "a", "fig_uri": "b"}\n' + line + "\n")
    with pytest.raises(ReleaseError, match=r"public\.jsonl, line 2"):
        list(read(tmp_path))
