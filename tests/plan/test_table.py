"""`m3ae plan`: its table, its choice, and that the command which it prints is one that the pipeline takes."""

from pathlib import Path

import pytest
import yaml

from m3ae.check import check
from m3ae.params import ParamsError
from m3ae.plan import table
from m3ae.plan.activations import Activations
from m3ae.plan.states import Sizes, States
from m3ae.plan.table import GB, Machine, Measured, NothingFits, Row, choice, command, micro_batches, plan
from tests.tiny import DEEPSPEED

PARAMS = Path(__file__).parents[2] / "params.yaml"
PAPER = Measured(
    Sizes(366_000_000, 39_000_000, 200_000_000, 125_000_000),
    {"none": Activations(0, 400_000_000), "blocks": Activations(0, 60_000_000)},
)


@pytest.fixture
def paper(monkeypatch) -> None:
    """Figures like those of the paper's model, which takes a minute to measure."""
    monkeypatch.setattr(table, "measure", lambda params: PAPER)


def answer(num_gpus: int, memory: float, path: Path = PARAMS, scale: str = "paper") -> list[str]:
    return list(plan(path, Machine(num_gpus, int(memory * GB)), scale))


def cells(lines: list[str], micro_batch: int) -> list[str]:
    [found] = [line.split()[1:] for line in lines if line.split()[:1] == [str(micro_batch)]]
    return found


def row(stage: int, micro_batch: int, peak: int) -> Row:
    return Row(stage, micro_batch, States(0, 0, 0, 0), peak)


def test_the_real_learner_of_a_scale_is_planned():
    lines = answer(2, 80, scale="test")
    assert len(cells(lines, 1)) == len(cells(lines, 2)) == 4
    assert lines[-1] == "dvc exp run -S scale=test -S scales/test.yaml:pretrain.zero_stage=0 -S scales/test.yaml:pretrain.micro_batch=2"


def test_micro_batches_are_the_divisors_of_a_gpus_share():
    assert micro_batches(256, 8) == [1, 2, 4, 8, 16, 32]
    assert micro_batches(48, 4) == [1, 2, 3, 4, 6, 12]


@pytest.mark.parametrize("num_gpus", [7, 0])
def test_a_batch_that_cannot_be_shared_out_is_refused(num_gpus):
    with pytest.raises(SystemExit, match=f"batch 256 cannot be shared by {num_gpus} GPUs; choose a batch"):
        micro_batches(256, num_gpus)


def test_a_scale_that_does_not_exist_is_refused():
    with pytest.raises(ParamsError, match="scale 'large': there is no .*large.yaml; known: demo, paper, small, test"):
        answer(8, 80, scale="large")


def test_the_largest_micro_batch_comes_first_then_the_lowest_stage():
    found = [row(0, 1, 5), row(0, 2, 95), row(1, 2, 80), row(2, 2, 50), row(3, 4, 91)]
    assert choice(found, Machine(1, 100)) == row(1, 2, 80)


def test_a_tenth_of_the_gpu_is_left_free():
    assert choice([row(0, 1, 90)], Machine(1, 100)) and not choice([row(0, 1, 91)], Machine(1, 100))


def test_a_cell_that_does_not_fit_is_marked(paper):
    lines = answer(8, 18)
    assert [cell.endswith("!") for cell in cells(lines, 32)] == [True, False, False, False]
    assert not any(cell.endswith("!") for cell in cells(lines, 16))
    assert lines[-2].startswith("take ZeRO 1 and micro-batches of 32: ")


def test_what_costs_least_is_switched_on_first(paper):
    lines = answer(8, 1.7)
    assert lines[-3] == "nothing fits as the parameters stand; with deepspeed.recompute=blocks it does:"
    assert lines[-1].endswith("-S deepspeed.recompute=blocks")


def test_a_micro_batch_without_a_mismatch_is_spoken_of(paper):
    assert "matching learns nothing" in answer(256, 80)[-2] and "matching" not in " ".join(answer(8, 80))


def test_offloaded_weights_change_the_zero_stage_of_fine_tuning_too(paper):
    offloading = DEEPSPEED.model_copy(update={"offload_parameters": "cpu"})
    printed = command("paper", row(3, 4, 5), DEEPSPEED, offloading, 1)
    assert printed.endswith("-S scales/paper.yaml:finetune.every_task.zero_stage=3 -S deepspeed.offload_parameters=cpu")
    assert "finetune" not in command("paper", row(3, 4, 5), DEEPSPEED, offloading, 3)


def test_the_host_takes_what_still_does_not_fit(paper):
    assert "deepspeed.recompute=blocks, deepspeed.offload_optimizer=cpu it does" in answer(8, 1.2)[-3]


def test_where_nothing_helps_the_table_is_printed_and_the_command_fails(paper):
    seen = []
    with pytest.raises(NothingFits, match="nothing fits, not even with deepspeed.recompute=blocks, deepspeed.offload_optimizer=cpu, deep"):
        for line in plan(PARAMS, Machine(8, GB // 4), "paper"):
            seen.append(line)
    assert cells(seen, 32)


@pytest.mark.parametrize("memory", [80, 1.7, 1.2])
def test_the_parameters_take_the_printed_command(paper, memory, parameters):
    for change in answer(8, memory)[-1].removeprefix("dvc exp run -S ").split(" -S "):
        key, value = change.split("=")
        parameters.change({key: yaml.safe_load(value)})
    check(parameters.path, PARAMS.with_name("dvc.yaml"))


def test_params_yamls_recompute_is_taken_into_account(paper, parameters):
    saving = answer(8, 80, parameters.change({"deepspeed.recompute": "blocks"}))
    assert "activations 60 MB a pair" in saving[1] and "activations 400 MB a pair" in answer(8, 80)[1]
    assert "recompute=" not in saving[-1]


def test_a_stage_that_offloading_refuses_is_left_out(paper, parameters):
    lines = answer(8, 80, parameters.change({"deepspeed.offload_optimizer": "cpu"}))
    assert cells(lines, 1)[0] == "-" and "-" not in cells(lines, 1)[1:]
    assert "GB of the host's memory" in lines[-2]
