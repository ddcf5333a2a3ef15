"""Each recipe's training for real: on one and on two processes, at ZeRO 0 to 3."""

import pytest

from tests.engine.test_engine import launch

RECIPES = ("robust_mmr", "two_stage, first", "two_stage")


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> dict[int, dict]:
    script = "tests.workers.recipe_stages"
    return {number: launch(number, tmp_path_factory.mktemp(f"processes{number}"), script) for number in (1, 2)}


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("stage", "0123")
def test_the_number_of_processes_changes_no_loss(results, stage, recipe):
    assert results[2][recipe][stage]["losses"] == pytest.approx(results[1][recipe][stage]["losses"], rel=1e-5)


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("stage", "0123")
@pytest.mark.parametrize("number", [1, 2])
def test_a_resumed_run_equals_an_uninterrupted_one(results, number, stage, recipe):
    assert results[number][recipe][stage]["resumed"] == results[number][recipe][stage]["losses"]


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("stage", "123")
def test_every_zero_stage_computes_what_stage_0_computes(results, stage, recipe):
    assert results[1][recipe][stage]["losses"] == pytest.approx(results[1][recipe]["0"]["losses"], rel=1e-5)


@pytest.mark.parametrize("stage", "0123")
@pytest.mark.parametrize("number", [1, 2])
def test_a_frozen_teacher_stays_as_it_is_and_among_no_trained_weights(results, number, stage):
    found = results[number]["two_stage"][stage]
    assert found["teacher"] == 0 and not any("teacher" in name or "encoders" in name for name in found["weights"])
