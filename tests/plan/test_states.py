"""The bytes of model states: against DeepSpeed's own estimates, and what changes them. test_measured.py holds them against processes."""

import pytest
from deepspeed.runtime.zero.stage3 import estimate_zero3_model_states_mem_needs
from deepspeed.runtime.zero.stage_1_and_2 import estimate_zero2_model_states_mem_needs

from m3ae.engine.engine import BUCKET
from m3ae.engine.optimizer import build_optimizer
from m3ae.plan.states import Sizes, States, sizes_of, states
from tests.tiny import DEEPSPEED
from tests.workers.memory import new_learner, new_recipe

NUMEL = 366_000_000
SIZES = Sizes(NUMEL, largest=39_000_000, largest_group=200_000_000, used_again=125_000_000)
ONE_GROUP = Sizes(NUMEL, largest=0, largest_group=NUMEL, used_again=0)  # as DeepSpeed's estimates see a model


def of(stage: int, precision: str = "bf16", num_gpus: int = 8, sizes: Sizes = SIZES, micro_batch: int = 1, **changed: str) -> States:
    recipe = new_recipe(stage, precision).model_copy(update={"batch": 64, "micro_batch": micro_batch})
    return states(sizes, recipe, DEEPSPEED.model_copy(update=changed), num_gpus)


@pytest.mark.parametrize("num_gpus", [2, 8, 64])
def test_zero_2_is_deepspeeds_estimate_and_the_flat_copy_that_becomes_fp32(num_gpus):
    _, theirs = estimate_zero2_model_states_mem_needs(NUMEL, num_gpus, cpu_offload=False)
    ours = of(2, num_gpus=num_gpus, sizes=ONE_GROUP)
    flat_copy = 2 * NUMEL / num_gpus  # of the 16-bit gradients, there while the fp32 ones are made
    assert ours.held + ours.step == pytest.approx(theirs + flat_copy, rel=1e-6)
    assert ours.held + ours.step == pytest.approx(theirs, rel=0.1)


@pytest.mark.parametrize("num_gpus", [2, 8, 64])
def test_zero_3_is_deepspeeds_estimate_and_three_things_that_it_leaves_out(num_gpus):
    _, theirs, _ = estimate_zero3_model_states_mem_needs(NUMEL, 0, num_gpus, cpu_offload=False, cpu_offload_params=False)
    ours = of(3, num_gpus=num_gpus, sizes=ONE_GROUP)
    # Its 18 bytes are those of ZeRO 2, without the share of the weights; the bucket is never given back.
    excluded = 2 * NUMEL / num_gpus + 2 * NUMEL / num_gpus + 2 * BUCKET
    assert ours.held + ours.step == pytest.approx(theirs + excluded, rel=1e-6)


def test_an_offloaded_optimiser_leaves_the_gpu_what_deepspeeds_estimate_says():
    theirs_host, theirs_gpu = estimate_zero2_model_states_mem_needs(NUMEL, 4, cpu_offload=True, additional_buffer_factor=1.0)
    ours = of(2, num_gpus=4, sizes=ONE_GROUP, micro_batch=16, offload_optimizer="cpu")
    assert ours.held == pytest.approx(theirs_gpu, rel=1e-6)
    weights_on_their_way_back = 2 * NUMEL
    assert 4 * ours.host == pytest.approx(theirs_host + weights_on_their_way_back, rel=1e-6)


def test_a_learners_sizes_are_those_of_its_tensors_and_groups():
    learner, recipe = new_learner(), new_recipe(1, "fp32")
    sizes = sizes_of(learner, recipe)
    assert sizes.numel == sum(parameter.numel() for parameter in learner.parameters())
    assert sizes.largest == learner.objectives["mlm"].decoder.words.weight.numel()
    groups = build_optimizer(learner, recipe).param_groups
    assert sizes.largest_group == max(sum(parameter.numel() for parameter in group["params"]) for group in groups) < sizes.numel


def test_gradients_wait_for_the_whole_backbone_where_every_objective_encodes_its_own_views():
    shared, separate = new_learner(), new_learner()
    separate.views = "separate"
    recipe = new_recipe(1, "fp32")
    backbone = sum(parameter.numel() for parameter in shared.backbone.parameters())
    assert sizes_of(shared, recipe).used_again < sizes_of(separate, recipe).used_again == backbone


@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
def test_each_zero_stage_holds_no_more_than_the_one_before(precision):
    held = [of(stage, precision).held for stage in range(4)]
    assert held == sorted(held, reverse=True) and held[0] > held[1] > held[3]


def test_mixed_precision_without_zero_is_fourteen_bytes_held_and_twenty_at_the_step():
    found = of(0)
    assert (found.held, found.held + found.step) == (14 * NUMEL, 20 * NUMEL)


def test_one_gpu_without_zero_copies_no_gradients():
    assert of(0, "fp32", num_gpus=1).step == 4 * NUMEL < of(0, "fp32", num_gpus=2).step


def test_zero_2_holds_its_gradients_twice_only_while_it_accumulates():
    whole, accumulating = of(2, micro_batch=8), of(2, micro_batch=4)
    assert accumulating.passes - whole.passes == 2 * (-(-NUMEL // 8) + SIZES.largest)


def test_offloading_moves_the_optimiser_and_then_the_weights_to_the_host():
    plain, optimizer = of(3), of(3, offload_optimizer="cpu")
    both = of(3, offload_optimizer="cpu", offload_parameters="cpu")
    share = NUMEL // 8
    assert (plain.held - optimizer.held, optimizer.host) == (14 * share, 18 * share)
    assert (optimizer.held - both.held, both.host) == (2 * share, 20 * share)


def test_gradients_that_travel_in_another_type_are_copied_once_more():
    assert of(2, communication="fp32").passes - of(2).passes == 4 * SIZES.largest
    assert of(2, communication="bf16").passes == of(2).passes


def test_the_peak_is_a_micro_batchs_or_the_steps():
    found = States(held=10, passes=3, step=7, host=0)
    assert (found.peak(1), found.peak(9)) == (17, 22)
