from dataclasses import replace

import pytest

from m3ae.phantom.latent import VIEWS, Finding, Latent, draw_latent, draw_patients, generator

LATENT = Latent("ct", "unenhanced", "brain", "axial", (Finding("cyst", 1, "small", 0, 1),), enlarged=False, device="")


def test_the_left_half_of_an_axial_image_is_the_patients_right():
    assert LATENT.place(LATENT.findings[0]) == "right posterior"


def test_a_side_view_has_front_and_back_instead_of_sides():
    assert replace(LATENT, plane="sagittal").place(LATENT.findings[0]) == "anterior lower"


def test_distinct_records_differ_in_what_their_captions_state():
    essences = [latent.essence for _, latent in draw_patients(generator(1), 400, "p", distinct=True, most_images=3)]
    assert len(set(essences)) == 400


def test_the_same_seed_draws_the_same_patients():
    first, second = (list(draw_patients(generator(3), 20, "p", distinct=False, most_images=3)) for _ in range(2))
    assert first == second


def test_a_patient_has_one_to_three_images():
    patients = [patient for patient, _ in draw_patients(generator(2), 300, "p", distinct=False, most_images=3)]
    assert {patients.count(name) for name in set(patients)} == {1, 2, 3}


@pytest.mark.parametrize("modality", list(VIEWS))
def test_every_modality_is_drawn(modality):
    assert sum(draw_latent(generator(4, index)).modality == modality for index in range(200)) > 15


def test_two_findings_differ_in_kind_and_in_quarter():
    pairs = [latent.findings for latent in map(draw_latent, (generator(5, index) for index in range(200))) if len(latent.findings) == 2]
    assert pairs
    assert all(a.kind != b.kind and (a.across, a.down) != (b.across, b.down) for a, b in pairs)
