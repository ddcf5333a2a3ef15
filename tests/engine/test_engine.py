"""The engine for real: DeepSpeed ZeRO 0 to 3 on one and on two processes, on the CPU over gloo."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from m3ae.engine.engine import configuration
from tests import tiny
from tests.tiny import DEEPSPEED
from tests.workers.savings import CASES

ROOT = Path(__file__).parents[2]


def launch(num_processes: int, folder: Path, *script: str) -> dict:
    out = folder / "result.json"
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={num_processes}"]
    command += ["-m", *(script or ["tests.workers.zero_stages"]), str(out)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "DVC_ROOT": str(folder)}
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(out.read_text())


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> dict[int, dict]:
    return {num_processes: launch(num_processes, tmp_path_factory.mktemp(f"processes{num_processes}")) for num_processes in (1, 2)}


@pytest.mark.parametrize("stage", "0123")
@pytest.mark.parametrize("num_processes", [1, 2])
def test_a_resumed_run_equals_an_uninterrupted_one_step_for_step(results, num_processes, stage):
    assert results[num_processes][stage]["resumed"] == results[num_processes][stage]["losses"]


@pytest.fixture(scope="module")
def resumed(tmp_path_factory) -> dict[str, dict]:
    """The losses after a change from two processes to one, and from one to two."""
    found = {}
    for before, after in ((2, 1), (1, 2)):
        folder = tmp_path_factory.mktemp(f"elastic{before}")
        launch(before, folder, "tests.workers.elastic", "save")
        found[f"{before} to {after}"] = launch(after, folder, "tests.workers.elastic", "resume")
    return found


@pytest.mark.parametrize("stage", "0123")
@pytest.mark.parametrize("change", ["2 to 1", "1 to 2"])
def test_a_run_goes_on_with_another_number_of_processes(results, resumed, change, stage):
    assert resumed[change][stage] == pytest.approx(results[1][stage]["losses"][5:], rel=1e-5)


@pytest.mark.parametrize("stage", "123")
def test_every_zero_stage_computes_what_stage_0_computes(results, stage):
    for num_processes in (1, 2):
        assert results[num_processes][stage]["losses"] == pytest.approx(results[num_processes]["0"]["losses"], rel=1e-5)


@pytest.mark.parametrize("stage", "0123")
def test_the_number_of_processes_is_no_part_of_the_result(results, stage):
    one, two = results[1][stage], results[2][stage]
    # The bias of a key has no gradient but rounding, which Adam makes as large as any other.
    assert one["weights"] == pytest.approx(two["weights"], rel=1e-3, abs=5e-4)
    assert one["evaluation"] == pytest.approx(two["evaluation"], rel=1e-3)


def test_every_stage_knows_the_norm_of_the_whole_gradient(results):
    norms = [results[num_processes][stage]["gradient_norm"] for num_processes in (1, 2) for stage in "0123"]
    assert norms == pytest.approx([norms[0]] * 8, rel=1e-4) and norms[0] > 1.0  # more than it was clipped to


@pytest.mark.parametrize("stage", "0123")
def test_a_gradient_that_is_no_number_ends_the_run_and_names_the_step_s_pairs(results, stage):
    for num_processes in (1, 2):
        for said in results[num_processes][stage]["diverged"]:
            assert re.match("the gradient became (nan|inf) in step 1: pair 0, pair 1, pair 2, pair 3; lower", said), said


def test_training_moves_the_loss_and_bf16_follows(results):
    losses = results[1]["1"]["losses"]
    assert losses[-1] != losses[0]
    assert results[1]["bf16"] == pytest.approx(losses, rel=0.05)


@pytest.fixture(scope="module")
def savings(tmp_path_factory) -> dict[str, list[float]]:
    return launch(2, tmp_path_factory.mktemp("savings"), "tests.workers.savings")


@pytest.mark.parametrize("case", [name for name in CASES if not name.startswith("bf16")])
def test_what_saves_memory_changes_no_loss(savings, case):
    assert savings[case] == pytest.approx(savings["plain"], rel=1e-6)


@pytest.mark.parametrize("case", [name for name in CASES if name.startswith("bf16")])
def test_gradients_that_travel_in_bf16_are_rounded(savings, case):
    assert savings[case] != savings["plain"]
    assert savings[case] == pytest.approx(savings["plain"], rel=1e-4)


def test_accumulation_follows_from_the_global_batch_and_the_processes():
    recipe = tiny.recipe(batch=256, micro_batch=8, zero_stage=2)
    assert configuration(recipe, DEEPSPEED, 8)["gradient_accumulation_steps"] == 4
    assert configuration(recipe, DEEPSPEED, 1)["gradient_accumulation_steps"] == 32


def test_a_batch_that_cannot_be_shared_evenly_is_refused():
    with pytest.raises(SystemExit, match="batch 32 in micro-batches of 8 cannot be shared by 3 processes"):
        configuration(tiny.recipe(batch=32, micro_batch=8), DEEPSPEED, 3)


@pytest.mark.parametrize("loss_scale", [0.0, 1024.0])
def test_fp16_has_the_loss_scale_that_is_given(loss_scale):
    recipe = tiny.recipe(batch=32, micro_batch=8, precision="fp16")
    params = DEEPSPEED.model_copy(update={"loss_scale": loss_scale})
    assert configuration(recipe, params, 1)["fp16"] == {"enabled": True, "loss_scale": loss_scale}
