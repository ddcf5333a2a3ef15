import pytest

from m3ae.phantom.language import caption, references
from m3ae.phantom.latent import ACROSS, DOWN, draw_latent, generator


def drawn(num: int = 120):
    return [(draw_latent(generator(11, index)), generator(12, index)) for index in range(num)]


def test_a_caption_says_each_findings_side_and_level():
    for latent, rng in drawn():
        words = caption(latent, rng).lower()
        assert all(latent.place(finding) in words for finding in latent.findings)


def test_a_caption_says_no_side_that_holds_nothing():
    for latent, rng in drawn():
        words = set(caption(latent, rng).lower().replace(",", " ").replace(".", " ").replace(";", " ").split())
        true = {latent.side(finding) for finding in latent.findings} | {latent.level(finding) for finding in latent.findings}
        sides = set(ACROSS[latent.plane]) | set(DOWN[latent.plane])
        assert words & sides == true


def test_captions_are_short():
    lengths = [len(caption(latent, rng).split()) for latent, rng in drawn()]
    assert min(lengths) >= 5
    assert max(lengths) <= 22
    assert 7 <= sum(lengths) / len(lengths) <= 13


def test_records_are_now_and_then_paraphrased():
    latent = draw_latent(generator(1))
    assert len({caption(latent, generator(2, index)) for index in range(30)}) > 1


@pytest.mark.parametrize("number", [1, 4])
def test_a_reference_points_at_its_figure(number):
    said = [words for latent, rng in drawn() for words in references(latent, number, rng)]
    assert said
    assert all(f"{number})" in words or f"igure {number}" in words for words in said)


def test_some_figures_have_no_reference():
    assert 10 < sum(not references(latent, 1, rng) for latent, rng in drawn()) < 80
