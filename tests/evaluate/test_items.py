import polars
import pytest

from m3ae.evaluate.items import MAIN, items

ANSWERED = polars.DataFrame({"id": ["a", "b", "c"], "score": [1.0, 0.0, 1.0], "answer_kind": ["open", "closed", "closed"]})
RANKED = polars.DataFrame({"id": list("abcde"), "rank_of_text_image": [0, 4, 5, 9, 10], "rank_of_image_text": [0, 0, 0, 0, 1]})


def test_open_and_closed_questions_have_items_of_their_own():
    found = items(ANSWERED)
    assert {score: rows["id"].to_list() for score, rows in found.items()} == {
        "overall": ["a", "b", "c"],
        "open": ["a"],
        "closed": ["b", "c"],
    }
    assert found["closed"]["right"].to_list() == [0.0, 1.0]


def test_right_in_retrieval_is_a_rank_below_k():
    found = items(RANKED)
    assert [sum(found[f"text_to_image.r{k}"]["right"]) for k in (1, 5, 10)] == [1, 2, 4]
    assert found["image_to_text.r1"]["right"].to_list() == [1, 1, 1, 1, 0]


@pytest.mark.parametrize("table", [ANSWERED, RANKED])
def test_every_form_of_predictions_has_a_main_score(table):
    assert any(score in MAIN for score in items(table))


def test_a_form_of_its_own_has_no_items():
    assert items(polars.DataFrame({"outline": ["M 0 0"]})) == {}
