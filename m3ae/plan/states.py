"""What a process keeps of the model while it pre-trains: weights, gradients, optimiser, DeepSpeed's buffers; all but activations.

Read from the source of DeepSpeed 0.19.8 (`runtime/zero/stage_1_and_2.py`, `runtime/zero/stage3.py`, `runtime/fp16/unfused_optimizer.py`,
`runtime/engine.py`) and held against processes on the CPU in tests/plan/test_measured.py. What DeepSpeed's own estimates do not say:

- Under ZeRO 1 to 3 weights in fp32 have a copy in fp32, too (ZeRO 3 would do without, but compares a device with a device's name).
- Gradients are kept in the model's own type, and become fp32 at the step, one group of the optimiser at a time; without ZeRO all at once.
- ZeRO 0 and 1 hold all gradients. ZeRO 2 holds its share twice during gradient accumulation: the sum, and what is added to it.
- A parameter's gradient reaches DeepSpeed when the backward pass has been through all its uses; autograd holds it until then.
- ZeRO 3 gives a weight back only if it is not used again within `max_reuse_distance` parameters, and fetches ahead up to
  `max_live_parameters`: a model smaller than these is gathered whole, and lies there twice while it arrives. `engine.zero` sets both.
"""

from dataclasses import dataclass
from typing import NamedTuple

from deepspeed.runtime.engine import MEMORY_OPT_ALLREDUCE_SIZE
from deepspeed.runtime.zero.config import DeepSpeedZeroConfig

from m3ae.engine.engine import zero
from m3ae.engine.optimizer import build_optimizer
from m3ae.engine.params import DeepSpeedParams, Recipe
from m3ae.objectives.learner import Learner

WIDTH = {"fp32": 4, "bf16": 2, "fp16": 2}  # bytes an element
FP32, MOMENTS, NORM = 4, 8, 8  # AdamW's two moments are fp32; a gradient is made double while its norm is taken


class Sizes(NamedTuple):
    """A model's parameters, in elements."""

    numel: int
    largest: int  # parameter
    largest_group: int  # of the optimiser
    used_again: int  # those whose gradients wait for the ones of another use of the same parameter


class States(NamedTuple):
    """Bytes of one process."""

    held: int  # on the GPU, always
    passes: int  # besides, during a micro-batch's forward and backward pass
    step: int  # besides, once its activations are gone: gradients are reduced, the optimiser steps
    host: int  # in the host's memory

    def peak(self, activations: int) -> int:
        return self.held + max(self.passes + activations, self.step)


def sizes_of(learner: Learner, recipe: Recipe) -> Sizes:
    groups = [[parameter.numel() for parameter in group["params"]] for group in build_optimizer(learner, recipe).param_groups]
    parts = [sum(parameter.numel() for parameter in part.parameters()) for part in learner.backbone.children()]
    # Objectives share the parts of the backbone: autograd goes back through one part after the other, or, where each objective encodes
    # its own views, through all of them once an objective.
    used_again = max(parts) if learner.views == "shared" else sum(parts)
    return Sizes(sum(map(sum, groups)), max(map(max, groups)), max(map(sum, groups)), used_again)


def states(sizes: Sizes, recipe: Recipe, params: DeepSpeedParams, num_gpus: int) -> States:
    """Return what a process on each of `num_gpus` GPUs keeps at `recipe.zero_stage`."""
    kept = Kept(sizes, recipe, params, num_gpus)
    return (kept.at_stage_0, kept.at_stage_1, kept.at_stage_2, kept.at_stage_3)[recipe.zero_stage]()


@dataclass(frozen=True)
class Kept:
    """What a process keeps, item by item in bytes, and the sums by ZeRO stage. A share is one process's part of what is partitioned."""

    sizes: Sizes
    recipe: Recipe
    params: DeepSpeedParams
    num_gpus: int

    def at_stage_0(self) -> States:
        numel, gradients = self.sizes.numel, self.own(self.sizes.numel)
        fp32 = 0 if self.is_fp32 else FP32 * numel  # the weights' copy; at the step, the gradients' too
        flat = 0 if self.num_gpus == 1 else self.copied(min(numel, MEMORY_OPT_ALLREDUCE_SIZE + self.sizes.largest))
        return States(self.own(numel) + fp32 + MOMENTS * numel, gradients + self.waiting, gradients + max(flat, fp32), 0)

    def at_stage_1(self) -> States:
        gradients = self.own(self.sizes.numel)
        step = max(gradients + self.own_gradients + self.reduction, self.own_gradients + self.update)
        return self.of_shared_optimizer(gradients + self.waiting + self.buckets, step)

    def at_stage_2(self) -> States:
        accumulating = self.recipe.batch > self.recipe.micro_batch * self.num_gpus
        passes = (1 + accumulating) * self.own_gradients + self.waiting + self.buckets + self.reduction
        return self.of_shared_optimizer(passes, self.own_gradients + self.update, self.own(self.share) if accumulating else 0)

    def of_shared_optimizer(self, passes: int, step: int, sums_on_the_host: int = 0) -> States:
        """Return the states of ZeRO 1 and 2, which partition the optimiser but not the weights."""
        weights, optimizer = self.own(self.sizes.numel), (FP32 + MOMENTS) * self.share
        if not self.offloads:
            return States(weights + optimizer, passes, step, 0)
        on_the_way = self.own(self.sizes.largest)  # a gradient; on either side
        host = optimizer + FP32 * self.share + self.own(self.share) + on_the_way + sums_on_the_host
        return States(weights + on_the_way, passes, step, host)

    def at_stage_3(self) -> States:
        weights, optimizer, gradients = self.own(self.share), (FP32 + MOMENTS) * self.share, self.own(self.share)
        held, host = self.bucket, 0
        if self.params.offload_parameters == "none":
            held += weights
        else:
            host += weights
        if self.offloads:
            host += optimizer + gradients + FP32 * self.share
        else:
            held += optimizer + gradients
        passes = max(2 * self.gathered, self.gathered + self.waiting + self.reduction)
        return States(held, passes, self.update, host)

    @property
    def zero(self) -> DeepSpeedZeroConfig:
        return DeepSpeedZeroConfig(**zero(self.recipe.zero_stage, self.params))

    @property
    def is_fp32(self) -> bool:
        return self.recipe.precision == "fp32"

    @property
    def offloads(self) -> bool:
        return self.params.offload_optimizer != "none"

    @property
    def width(self) -> int:
        return WIDTH[self.recipe.precision]

    def own(self, numel: int) -> int:
        """Return the bytes of `numel` elements in the model's own type."""
        return self.width * numel

    @property
    def share(self) -> int:
        """Return one process's part of the parameters, in elements."""
        return -(-self.sizes.numel // self.num_gpus)

    @property
    def own_gradients(self) -> int:
        """Return the gradients of the parameters that the share touches, each of them whole; ZeRO 1 and 2."""
        return 0 if self.offloads else self.own(self.share + self.sizes.largest)

    @property
    def waiting(self) -> int:
        """Return the gradients that autograd holds until the last use of their parameters."""
        return self.own(self.sizes.used_again)

    @property
    def bucket(self) -> int:
        """Return the buffer in which gradients wait until there are enough of them to be reduced."""
        return self.own(self.zero.reduce_bucket_size)

    @property
    def buckets(self) -> int:
        """Return the two of ZeRO 1 and 2: one is filled while the other travels."""
        return 2 * self.bucket

    @property
    def reduction(self) -> int:
        """Return what a reduction takes; a gradient that is larger than the bucket is reduced alone."""
        return self.copied(max(self.zero.reduce_bucket_size, self.sizes.largest))

    def copied(self, numel: int) -> int:
        """Return what a flat copy takes, with another in the type in which it travels where that differs."""
        travels = self.params.communication
        return self.own(numel) + (0 if travels in ("own", self.recipe.precision) else WIDTH[travels] * numel)

    @property
    def gathered(self) -> int:
        """Return what ZeRO 3's gathered weights take at most."""
        within = max(self.zero.max_live_parameters, self.zero.max_reuse_distance)
        return self.own(min(self.sizes.numel, within + self.sizes.largest))

    @property
    def update(self) -> int:
        """Return what the optimiser's step takes: one group's gradients, flat, then in fp32.

        Before, they are made double one by one for their norm. Offloaded ones leave the GPU as fp32.
        """
        largest = min(self.sizes.largest, self.share)
        if self.offloads:
            return NORM * largest
        group = -(-self.sizes.largest_group // self.num_gpus)
        return max(NORM * largest, FP32 * group + (0 if self.is_fp32 else self.own(group)))
