import numpy as np

from m3ae.phantom.findings import LOOKS, lesions, paint
from m3ae.phantom.latent import KINDS, Finding, Latent, generator
from m3ae.phantom.shapes import still_grid


def latent(finding: Finding) -> Latent:
    return Latent("ct", "unenhanced", "brain", "axial", (finding,), enlarged=False, device="")


def test_every_kind_has_a_look():
    assert set(LOOKS) == set(KINDS)


def test_as_many_lesions_are_placed_as_the_record_counts():
    for count in (1, 2, 3):
        finding = Finding("abscess", count, "small", 0, 0)
        assert len(lesions(finding, latent(finding), generator(1))) == count


def test_only_the_pixels_covered_change():
    image, grid = np.full((64, 64), 0.5, dtype=np.float32), still_grid(64)
    finding = Finding("cyst", 1, "large", 1, 1)
    covered = paint(image, grid, finding, latent(finding), generator(2))
    assert covered[28:, 28:].sum() == covered.sum() > 0
    assert (image[:26, :26] == 0.5).all()
