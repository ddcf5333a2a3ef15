import numpy as np
import pytest

from m3ae.retrieval.scoring import chance, places


def test_a_place_is_the_number_of_wrong_candidates_that_score_as_high():
    scores = np.array([[0.9, 0.1, 0.5], [0.9, 0.8, 0.7], [0.1, 0.2, 0.3]])
    assert places(scores, np.eye(3, dtype=bool)) == [0, 1, 0]


def test_a_constant_scorer_earns_nothing():
    assert places(np.zeros((4, 4)), np.eye(4, dtype=bool)) == [3, 3, 3, 3]


def test_identical_texts_are_right_for_each_others_images():
    texts = np.array(["a", "a", "b"])
    scores = np.array([[0.1, 0.9, 0.5], [0.1, 0.2, 0.3], [0.0, 0.0, 1.0]])
    assert places(scores, texts[:, None] == texts[None, :]) == [0, 1, 0]


def test_chance_of_distinct_texts_is_k_in_n():
    assert chance([str(n) for n in range(20)]) == {"r1": pytest.approx(5), "r5": pytest.approx(25), "r10": pytest.approx(50)}


def test_chance_grows_where_texts_are_shared():
    assert chance(["a", "a", "b", "c"] * 5)["r1"] == pytest.approx(100 * (2 * 10 / 20 + 5 / 20 + 5 / 20) / 4)


def test_everything_is_found_among_fewer_candidates_than_are_asked_for():
    assert chance(["a", "b", "c"])["r10"] == 100
