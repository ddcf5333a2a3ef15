"""Each recipe's training for real: on one and on two processes, at ZeRO 0 to 3."""

import pytest

from tests.engine.test_engine import launch


@pytest.fixture(scope="module", params=["robust_mmr", "two_stage_first", "two_stage"])
def results(request, tmp_path_factory) -> dict[int, dict]:
    script = ("tests.workers.recipe_stages", request.param)
    return {number: launch(number, tmp_path_factory.mktemp(f"processes{number}"), *script) for number in (1, 2)}


@pytest.mark.parametrize("stage", "0123")
def test_the_number_of_processes_changes_no_loss(results, stage):
    assert results[2][stage]["losses"] == pytest.approx(results[1][stage]["losses"], rel=1e-5)


@pytest.mark.parametrize("stage", "0123")
@pytest.mark.parametrize("number", [1, 2])
def test_a_resumed_run_equals_an_uninterrupted_one(results, number, stage):
    assert results[number][stage]["resumed"] == results[number][stage]["losses"]


@pytest.mark.parametrize("stage", "123")
def test_every_zero_stage_computes_what_stage_0_computes(results, stage):
    assert results[1][stage]["losses"] == pytest.approx(results[1]["0"]["losses"], rel=1e-5)


@pytest.mark.parametrize("stage", "0123")
def test_a_frozen_teacher_stays_as_it_is_and_among_no_trained_weights(results, stage):
    for found in results.values():
        assert found[stage]["teacher"] == 0 and not any("teacher" in name or "encoders" in name for name in found[stage]["weights"])
