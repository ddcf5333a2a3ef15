import numpy as np

from m3ae.phantom.latent import generator
from m3ae.phantom.shapes import ellipse, patient_grid, radius, soft, still_grid, stroke


def test_an_ellipse_covers_its_area():
    assert abs(ellipse(still_grid(128), 0, 0, 0.5, 0.25).mean() - np.pi * 0.125 / 4) < 0.005


def test_a_stroke_is_one_on_its_line_and_nothing_beyond_its_width():
    line = stroke(still_grid(65), np.array([(-0.5, 0), (0.5, 0)]), 0.1)
    assert line[32, 32] > 0.99
    assert line[:26].max() == 0


def test_a_soft_edge_falls_from_one_to_zero():
    assert soft(np.array([0.5, 1.0, 1.5], dtype=np.float32), 0.2).tolist() == [1, 0.5, 0]


def test_two_patients_do_not_coincide():
    first, second = (patient_grid(32, generator(seed)) for seed in (1, 2))
    assert not np.allclose(first.x, second.x)
    assert np.abs(first.x - still_grid(32).x).max() < 0.3


def test_a_window_cuts_nothing_off():
    for seed in range(20):
        grid = patient_grid(64, generator(seed))
        assert (ellipse(grid, 0.5, -0.6, 0.2, 0.1, 30) == (radius(grid, 0.5, -0.6, 0.2, 0.1, 30) < 1)).all()
