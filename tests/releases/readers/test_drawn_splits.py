"""Splits where none were published: a patient or an image in one of them."""

import pytest

from m3ae.releases.readers.drawn_splits import SplitError, Splits, drawn
from m3ae.releases.record import Split


def test_the_draw_depends_on_the_name_alone():
    names = [f"p{number}" for number in range(1000)]
    splits = [drawn(name) for name in names]
    assert splits == [drawn(name) for name in names]
    assert [drawn(name) for name in ("p1", "p9", "p17")] == [Split.TRAIN, Split.VALIDATION, Split.TEST]
    assert all(70 < splits.count(split) < 130 for split in (Split.VALIDATION, Split.TEST))


def test_a_patient_comes_before_the_image():
    splits = Splits()
    assert all(splits.place(None, patient="p1", image=f"{number}.png") is drawn("p1") for number in range(50))
    assert splits.place(None, patient="", image="other.png") is drawn("other.png")


@pytest.mark.parametrize("named", [(Split.TRAIN, None), (None, Split.TRAIN)])
def test_either_every_row_names_its_split_or_none_does(named):
    splits = Splits()
    splits.place(named[0], image="a")
    with pytest.raises(SplitError, match="some rows name their split and others do not"):
        splits.place(named[1], image="b")


def test_a_patient_or_an_image_in_two_splits_is_an_error():
    splits = Splits()
    splits.place(Split.TRAIN, patient="p", image="a")
    with pytest.raises(SplitError, match="image 'a' is in train and in test; keep images apart"):
        splits.place(Split.TEST, patient="q", image="a")
    with pytest.raises(SplitError, match="patient 'p' is in train and in test; keep patients apart"):
        splits.place(Split.TEST, patient="p", image="b")
    assert splits.place(Split.TEST, patient="", image="") is Split.TEST
