import polars
import pytest

from m3ae.evaluate.scores import accuracies, both_recalls, by_chance, majority
from tests.evaluate.conftest import Split


def answered(scores, kinds):
    return polars.DataFrame({"score": scores, "answer_kind": kinds})


def test_open_and_closed_questions_are_counted_by_themselves_too():
    table = answered([1.0, 0.0, 1.0, 1.0, 1.0], ["open", "open", "closed", "closed", "closed"])
    assert accuracies(table) == {"overall": 80.0, "open": 50.0, "closed": 100.0}


def test_a_kind_of_question_that_is_not_there_has_no_score():
    assert accuracies(answered([1.0, 0.0], ["closed", "closed"])) == {"overall": 50.0, "closed": 50.0}
    assert accuracies(answered([1.0, 0.0, 0.0, 0.0], [""] * 4)) == {"overall": 25.0}


def test_the_majority_answer_is_the_training_splits_and_counts_where_it_is_among_the_right_ones():
    train = Split("abc", [["left"], ["left", "right"], ["no"]])
    test = Split("abcde", [["left"], ["no"], ["right", "left"], ["no"], ["no"]], ["open", "open", "open", "closed", "closed"])
    assert majority(train, test) == {"majority": {"overall": 40.0, "open": pytest.approx(200 / 3), "closed": 0.0}}


def test_of_equally_frequent_answers_the_first_by_name_is_given():
    assert majority(Split("ab", [["yes"], ["no"]]), Split("abc", [["yes"], ["no"], ["no"]]))["majority"]["overall"] == pytest.approx(
        200 / 3
    )


def test_recalls_are_told_apart_by_what_is_searched():
    table = polars.DataFrame({"rank_of_image_text": [0, 0, 3, 10], "rank_of_text_image": [0, 5, 9, 20]})
    assert both_recalls(table) == {
        "text_to_image": {"r1": 25.0, "r5": 25.0, "r10": 75.0},
        "image_to_text": {"r1": 50.0, "r5": 75.0, "r10": 75.0},
    }


def test_chance_is_that_of_the_test_splits_texts():
    texts = ["the same", "the same", "another", "one more"]
    expected = {"r1": pytest.approx(100 * (0.5 + 0.5 + 0.25 + 0.25) / 4), "r5": 100.0, "r10": 100.0}
    assert by_chance(Split(["of no account"]), Split(texts)) == {"chance": expected}
