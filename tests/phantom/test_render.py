from dataclasses import replace

import numpy as np
import pytest

from m3ae.phantom.latent import KINDS, TECHNIQUES, VIEWS, Finding, Latent, generator
from m3ae.phantom.render import render

ALL_VIEWS = [(modality, region, plane) for modality, views in VIEWS.items() for region, plane in views]


def record(modality: str, region: str, plane: str, finding: Finding | None) -> Latent:
    return Latent(modality, TECHNIQUES[modality][0], region, plane, (finding,) if finding else (), enlarged=False, device="")


@pytest.mark.parametrize("view", ALL_VIEWS)
def test_every_view_is_drawn_at_the_size_asked_for(view):
    assert render(record(*view, None), 64, generator(1)).image.size == (64, 64)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("across", [0, 1])
@pytest.mark.parametrize("down", [0, 1])
def test_a_box_lies_in_the_quarter_that_the_record_names(kind, across, down):
    for index, view in enumerate(ALL_VIEWS):
        ((left, top, right, bottom),) = render(record(*view, Finding(kind, 1, "small", across, down)), 64, generator(2, index)).boxes
        assert 0 <= left < right <= 64
        assert 0 <= top < bottom <= 64
        assert ((left + right) / 2 > 32) == bool(across)
        if view[0] == "ultrasound" or view[2] == "axial":
            assert ((top + bottom) / 2 > 32) == bool(down)


@pytest.mark.parametrize("view", ALL_VIEWS)
def test_a_finding_changes_its_box_more_than_the_rest(view):
    finding = Finding("abscess", 1, "large", 1, 0)
    with_it, without = (render(record(*view, found), 96, generator(3)) for found in (finding, None))
    change = np.abs(np.asarray(with_it.image.convert("L"), dtype=float) - np.asarray(without.image.convert("L"), dtype=float))
    left, top, right, bottom = with_it.boxes[0]
    inside = change[top:bottom, left:right].mean()
    change[top:bottom, left:right] = 0
    assert inside > 2 * change.mean()  # not more, for the noise differs too


def test_a_large_finding_is_about_twice_as_wide_as_a_small_one():
    widths = {}
    for size in ("small", "large"):
        left, _, right, _ = render(record("ct", "abdomen", "axial", Finding("cyst", 1, size, 0, 0)), 192, generator(4)).boxes[0]
        widths[size] = (right - left) / 192
    assert widths["small"] >= 0.12
    assert widths["large"] >= 0.25


def test_doppler_alone_is_in_colour():
    latent = record("ultrasound", "abdomen", "transverse", None)
    modes = [render(replace(latent, technique=technique), 64, generator(5)).image.mode for technique in TECHNIQUES["ultrasound"]]
    assert modes == ["L", "RGB"]


def test_the_same_random_numbers_draw_the_same_picture():
    latent = record("mr t1", "brain", "sagittal", Finding("abscess", 3, "small", 0, 1))
    first, second = (render(latent, 64, generator(6)) for _ in range(2))
    assert first.image.tobytes() == second.image.tobytes()
    assert first.boxes == second.boxes
