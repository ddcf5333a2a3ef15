"""Two models' tables of predictions, compared in memory."""

import numpy as np
import polars
import pytest

from m3ae.evaluate import comparison
from m3ae.evaluate.comparison import compare, p_value
from m3ae.evaluate.comparison_text import describe


def answers(right, first=0, truth="yes"):
    """A table of questions, three an image."""
    numbers = range(first, first + len(right))
    return polars.DataFrame(
        {
            "id": [f"q{n}" for n in numbers],
            "image_id": [f"image{n // 3}" for n in numbers],
            "question": "is there a mass?",
            "truth": [[truth]] * len(right),
            "answer_kind": "closed",
            "score": np.asarray(right, dtype=float),
        }
    )


def ranks(places, texts):
    ids = [f"pair{n}" for n in range(len(places))]
    return polars.DataFrame({"id": ids, "image_id": ids, "truth": texts, "rank_of_image_text": places, "rank_of_text_image": places})


def draws(seed, share=0.5, num=150):
    return np.random.default_rng(seed).random(num) < share


def overall(tasks, task):
    [found] = [one for one in tasks if one.task == task]
    return found.differences[0]


def test_an_obvious_difference_holds_and_an_equal_pair_does_not():
    a = {"vqa_rad": {0: answers(draws(0, 0.3))}, "slake": {0: answers(draws(1))}}
    b = {"vqa_rad": {0: answers(draws(2, 0.8))}, "slake": a["slake"]}
    tasks = compare(a, b)
    assert overall(tasks, "vqa_rad").holds and overall(tasks, "vqa_rad").p < 0.001
    assert not overall(tasks, "slake").holds and overall(tasks, "slake").p == 1
    said = "\n".join(describe("main", "workspace", tasks))
    assert (
        "vqa_rad: B is" in said
        and "points above A in overall, and that holds" in said
        and "slake: +0.0 points in overall do not hold" in said
    )


def test_b_below_a_is_said_so():
    tasks = compare({"slake": {0: answers(draws(2, 0.9))}}, {"slake": {0: answers(draws(0, 0.2))}})
    assert overall(tasks, "slake").b < overall(tasks, "slake").a
    assert "points below A in overall, and that holds" in "\n".join(describe("A", "B", tasks))


def test_p_values_are_corrected_for_the_number_of_tasks():
    start, better = draws(0, 0.4), draws(0, 0.4) | draws(7, 0.05)
    alone = compare({"vqa_rad": {0: answers(start)}}, {"vqa_rad": {0: answers(better)}})
    equal = {task: {0: answers(start)} for task in ("slake", "melinda", "vqa_med_2019")}
    among = compare({"vqa_rad": {0: answers(start)}} | equal, {"vqa_rad": {0: answers(better)}} | equal)
    p = overall(alone, "vqa_rad").p
    assert 0.0125 < p < 0.05 and overall(alone, "vqa_rad").corrected_p == p and overall(alone, "vqa_rad").holds
    assert overall(among, "vqa_rad").corrected_p == pytest.approx(4 * p) and not overall(among, "vqa_rad").holds


def test_a_difference_that_other_seeds_may_turn_round_does_not_hold():
    start = draws(0, 0.5)
    worse, better = start & draws(1, 0.9), start | draws(2, 0.6)
    a, b = ({"slake": dict(enumerate(map(answers, runs)))} for runs in ([start] * 3, [worse, start, better]))
    found = overall(compare(a, b), "slake")
    assert found.corrected_p < 0.05 and not found.interval.excludes_zero() and not found.holds


def test_items_are_matched_by_id_and_the_others_counted():
    first, second = answers(draws(0)), answers(draws(1), first=30)
    [found] = compare({"slake": {0: first}}, {"slake": {0: second.reverse()}})
    assert found.differences[0].num_items == 120 and found.remarks == ("items that only A has: 30, that only B has: 30",)
    assert found.differences[0].a == pytest.approx(100 * first["score"][30:].mean())
    assert found.differences[0].b == pytest.approx(100 * second["score"][:120].mean())


def test_an_id_with_another_answer_is_another_item():
    [found] = compare({"slake": {0: answers(draws(0))}}, {"slake": {0: answers(draws(0), truth="no")}})
    assert found.missing.startswith("no item is the same") and not found.differences


def test_retrieval_is_compared_among_the_same_pairs_alone():
    texts = [f"text {n}" for n in range(40)]
    a, b = ranks([20] * 40, texts), ranks([0] * 40, texts)
    [found] = compare({"zero_shot": {0: a}}, {"zero_shot": {0: b}})
    assert {one.score for one in found.differences if one.holds} == {"text_to_image.r1", "image_to_text.r1"}
    [other] = compare({"zero_shot": {0: a}}, {"zero_shot": {0: b[:30]}})
    assert not other.differences and other.missing.startswith("each ranked among other pairs")


def test_a_task_or_a_seed_that_only_one_side_has_is_named():
    table = answers(draws(0))
    tasks = {one.task: one for one in compare({"slake": {0: table, 1: table}, "melinda": {0: table}}, {"slake": {1: table, 2: table}})}
    assert tasks["melinda"].missing == "only A has it"
    assert tasks["slake"].num_seeds == 1 and tasks["slake"].remarks == ("only A has seed 0 and only B has seed 2",)
    [apart] = compare({"slake": {0: table}}, {"slake": {1: table}})
    assert apart.missing == "only A has seed 0 and only B has seed 1"


def test_one_seed_is_said_to_leave_training_out():
    table = answers(draws(0))
    runs = {"slake": {0: table}, "vqa_rad": {0: table, 1: table}}
    said = list(describe("A", "B", compare(runs, runs)))
    assert said[-1] == "One seed was run, so the luck of fine-tuning is left out, too: slake."


def test_of_two_models_that_are_equally_good_the_permutation_calls_5_percent_different(monkeypatch):
    monkeypatch.setattr(comparison, "RESAMPLES", 299)
    rng, images = np.random.default_rng(0), np.repeat(np.arange(40), 4)
    found, taken_apart = [], []
    for _ in range(300):
        # Each model finds some images harder than the other does, with all of their questions.
        a, b = (rng.standard_normal(40)[images] + rng.standard_normal(160) > 0 for _ in range(2))
        found.append(p_value([table(a, images)], [table(b, images)]))
        taken_apart.append(p_value([table(a, np.arange(160))], [table(b, np.arange(160))]))
    assert 0.03 <= np.mean(np.array(found) <= 0.05) <= 0.07
    assert np.mean(np.array(taken_apart) <= 0.05) > 0.1  # what it is for


def table(right, images):
    return polars.DataFrame({"id": np.arange(len(right)), "image_id": images, "right": right.astype(float)})
