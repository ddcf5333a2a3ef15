import numpy as np
import pytest

from m3ae.perturb.images import IMAGE_OPERATORS, perturbed

GRADIENT = np.linspace(20, 230, 64 * 48 * 3).reshape(64, 48, 3).astype(np.uint8)


def of(name, severity, pixels=GRADIENT):
    return perturbed(pixels, name, severity, np.random.default_rng(0))


def error(name, severity):
    return np.abs(of(name, severity).astype(float) - GRADIENT).mean()


@pytest.mark.parametrize("name", IMAGE_OPERATORS)
@pytest.mark.parametrize("channels", [1, 3])
def test_an_image_keeps_its_form_is_changed_and_is_the_same_again(name, channels):
    pixels = GRADIENT[..., :channels]
    found = of(name, 5, pixels)
    assert found.shape == pixels.shape and found.dtype == np.uint8
    assert not np.array_equal(found, pixels) and np.array_equal(found, of(name, 5, pixels))


@pytest.mark.parametrize("name", [name for name in IMAGE_OPERATORS if name not in ("jpeg", "pixelation", "gaussian_blur")])
def test_a_higher_severity_takes_more(name):
    assert error(name, 1) < error(name, 3) < error(name, 5)


@pytest.mark.parametrize("name", ["jpeg", "pixelation", "gaussian_blur"])
def test_detail_goes_with_severity(name):
    noise = np.random.default_rng(1).integers(0, 256, (64, 64, 1), np.uint8)
    changes = [np.abs(of(name, severity, noise).astype(float) - noise).mean() for severity in (1, 5)]
    assert changes[0] < changes[1]


def test_values_are_those_of_the_definition():
    flat = np.full((8, 8, 1), 100, np.uint8)
    assert of("brightness_up", 1, flat)[0, 0, 0] == 110 and of("contrast_down", 5, flat)[0, 0, 0] == 100
    assert of("gamma_up", 5, flat)[0, 0, 0] == round(255 * (100 / 255) ** 1.6)
    assert np.mean(of("impulse_noise", 5, np.full((200, 200, 1), 100, np.uint8)) != 100) == pytest.approx(0.17, abs=0.01)
    assert of("gaussian_noise", 3, np.full((200, 200, 1), 128, np.uint8)).std() / 255 == pytest.approx(0.12, abs=0.005)


def test_a_blur_reaches_as_far_as_the_image_is_large():
    def reach(px):
        point = np.zeros((px, px, 1), np.uint8)
        point[px // 2, px // 2] = 255
        return (of("gaussian_blur", 5, point)[px // 2, :, 0] > 0).sum()

    assert 9 <= reach(224) <= 11 and 4 <= reach(96) <= 5
