"""Intervals by hand, by the library's bootstrap, and by how often they cover the truth of simulated runs."""

from math import sqrt

import numpy as np
import polars
import pytest
from scipy.stats import bootstrap, norm

from m3ae.evaluate.intervals import Interval, difference, estimate, gain_interval, mean_interval, score_interval, wilson

NORMAL = 1.959964
SCALES = {"run": 0.2, "image": 0.4, "item": 0.8, "chance": 0.45}  # standard deviations of what decides whether an answer is right


def simulated(rng, num_runs, levels=(-0.3,), num_images=60):
    """For each level, whether each of `num_runs` is right on items that are easier or harder, and so are their images; and the images."""
    images = np.repeat(np.arange(num_images), rng.integers(1, 10, num_images))
    items = SCALES["image"] * rng.standard_normal(num_images)[images] + SCALES["item"] * rng.standard_normal(len(images))
    runs = [SCALES["run"] * rng.standard_normal((num_runs, 1)) for _ in levels]
    noise = [SCALES["chance"] * rng.standard_normal((num_runs, len(images))) for _ in levels]
    return [(level + run + items + luck > 0).astype(float) for level, run, luck in zip(levels, runs, noise, strict=True)], images


def truth(level):
    """The share right, over all runs and items that could have been drawn."""
    return norm.cdf(level / sqrt(sum(scale**2 for scale in SCALES.values())))


def coverage(interval, levels, expected, num_runs, replications=600):
    rng = np.random.default_rng(5)
    ends = [interval(*simulated(rng, num_runs, levels)) for _ in range(replications)]
    return np.mean([low <= expected <= high for low, high in ends])


def of_score(runs, images):
    return wilson(runs[0], images)


def of_gain(runs, images):
    return difference(runs[0] - runs[1], images)


@pytest.mark.parametrize("num_runs", [3, 5])
def test_a_scores_interval_covers_other_images_and_other_seeds(num_runs):
    assert 0.93 <= coverage(of_score, (-0.3,), truth(-0.3), num_runs) <= 0.97


@pytest.mark.parametrize("num_runs", [3, 5])
def test_a_gains_interval_covers_other_images_and_other_seeds(num_runs):
    assert 0.93 <= coverage(of_gain, (-0.1, -0.3), truth(-0.1) - truth(-0.3), num_runs) <= 0.97


def test_the_interval_of_one_seed_leaves_training_out():
    assert coverage(of_score, (-0.3,), truth(-0.3), 1) < 0.7
    assert coverage(of_gain, (-0.1, -0.3), truth(-0.1) - truth(-0.3), 1) < 0.5


def test_the_interval_of_one_seed_covers_other_images(monkeypatch):
    monkeypatch.setitem(SCALES, "run", 0.0)
    assert 0.93 <= coverage(of_score, (-0.3,), truth(-0.3), 1) <= 0.97
    assert 0.93 <= coverage(of_gain, (-0.1, -0.3), truth(-0.1) - truth(-0.3), 1) <= 0.98


def test_with_one_seed_it_is_that_of_a_bootstrap_over_images():
    [right], images = simulated(np.random.default_rng(0), 1, num_images=200)
    sizes, totals = np.bincount(images), np.bincount(images, right[0])

    def share(chosen, axis=-1):
        return totals[chosen].sum(axis) / sizes[chosen].sum(axis)

    drawn = bootstrap([np.arange(200)], share, vectorized=True, n_resamples=4000, method="percentile", rng=np.random.default_rng(0))
    assert wilson(right, images) == pytest.approx(tuple(drawn.confidence_interval), abs=0.004)


def test_it_is_wilsons_where_every_item_has_an_image_of_its_own():
    right = np.array([[1.0] * 347 + [0.0] * 104])  # 77% of 451
    low, high = wilson(right, np.arange(451))
    share = 347 / 451
    middle, half = share + NORMAL**2 / 902, NORMAL * sqrt(share * (1 - share) / 451 + NORMAL**2 / (4 * 451**2))
    assert (low, high) == pytest.approx(((middle - half) / (1 + NORMAL**2 / 451), (middle + half) / (1 + NORMAL**2 / 451)), abs=2e-4)


def test_questions_that_stand_or_fall_with_their_image_count_once():
    once = np.random.default_rng(0).integers(0, 2, (1, 50)).astype(float)
    assert wilson(np.repeat(once, 4, axis=1), np.repeat(np.arange(50), 4)) == pytest.approx(wilson(once, np.arange(50)))


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_none_right_and_all_right_have_a_width_within_0_and_100_percent(share):
    low, high = wilson(np.full((1, 300), share), np.repeat(np.arange(60), 5))
    assert 0.01 < high - low < 0.02 and low >= 0 and high <= 1
    assert share == pytest.approx(high if share else low)


def test_runs_that_never_differ_gain_0_with_a_width():
    low, high = difference(np.zeros((1, 300)), np.repeat(np.arange(60), 5))
    assert low == -high and 0.01 < high < 0.02


def test_a_gain_of_everything_stays_within_100_points():
    low, high = difference(np.ones((3, 30)), np.arange(30))
    assert 0.8 < low < 1 and high == 1


def test_shares_won_and_lost_that_seem_to_go_together_bring_no_end_nearer_than_the_gains_themselves_allow():
    """Three seeds on 276 questions about 31 images, as they were seen: won 11, 20, 17, lost 13, 27, 35 of them."""
    rng = np.random.default_rng(4)
    gains = np.stack([rng.permutation([1] * won + [-1] * lost + [0] * (276 - won - lost)) for won, lost in ((11, 13), (20, 27), (17, 35))])
    images = np.arange(276) % 31
    found, (low, high) = estimate(gains, images), difference(gains, images)
    least = found.quantile * sqrt(found.variance)
    assert low <= found.mean - least and high >= found.mean + least > 0


def test_seeds_that_differ_widen_the_interval():
    rng = np.random.default_rng(1)
    [right], images = simulated(rng, 3)
    apart = np.concatenate([right[:1], right[:1] * (rng.random(len(images)) < 0.7), np.maximum(right[:1], rng.random(len(images)) < 0.4)])
    assert estimate(apart, images).variance > 2 * estimate(right, images).variance
    assert estimate(apart, images).quantile > 3.5 > 2.3 > estimate(right[:1], images).quantile


def test_the_variance_is_that_of_the_components_by_hand():
    values = np.array([[1.0, 0.0, 1.0, 1.0], [1.0, 0.0, 0.0, 1.0], [0.0, 0.0, 0.0, 1.0]])
    runs = 4 * values.mean(axis=1).var(ddof=1)
    images = 3 * values.mean(axis=0).var(ddof=1)
    rest = ((values - values.mean(axis=1, keepdims=True) - values.mean(axis=0) + values.mean()) ** 2).sum() / 6
    assert images > rest and estimate(values, np.arange(4)).variance == pytest.approx((runs + images - rest) / 12)


def rows(right, ids=None):
    ids = ids or [f"q{n}" for n in range(len(right))]
    return polars.DataFrame({"id": ids, "image_id": [f"image{name[1:]}" for name in ids], "right": right})


def test_runs_are_matched_by_the_items_ids():
    first, second = rows([1.0, 0.0, 0.0, 1.0]), rows([1.0, 0.0, 0.0, 1.0], ["q3", "q2", "q1", "q0"])
    assert gain_interval([first], [second]) == gain_interval([first], [first])


def test_intervals_are_in_percent_and_one_image_has_none():
    interval = score_interval([rows([1.0, 0.0, 0.0, 1.0])])
    assert 0 < interval.low < 50 < interval.high < 100
    assert score_interval([rows([1.0])]) is None and gain_interval([rows([1.0])], [rows([0.0])]) is None


def test_the_error_of_a_mean_of_tasks_is_that_of_independent_errors():
    assert mean_interval([10.0, 20.0], [Interval(7.0, 16.0), Interval(16.0, 28.0)]) == pytest.approx((12.5, 20.0))
