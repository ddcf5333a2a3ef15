"""The step of pre-training: pairs a second, MFU and peak memory against `m3ae plan`, by micro-batch, ZeRO stage and way of training.

A step is `paper`'s, batch and all. Its pairs are made up and lie in the host's memory, as a loader would hand them over.
"""

import copy
import os
import time
from collections.abc import Iterator
from functools import cache, cached_property
from typing import NamedTuple

import torch

from benchmarks.gpu_machine import speeds
from benchmarks.gpu_section import Job, Row, spread
from benchmarks.gpu_sizes import PaddedBatches, Sizes, Way, engine_of, sizes_of
from m3ae.engine.processes import device, join, moved
from m3ae.objectives.learner import Learner
from m3ae.plan.table import GB, measure
from m3ae.plan.table import rows as planned
from m3ae.pretrain.params import PretrainParams
from m3ae.pretrain.speed import operations_a_pair, synchronise

WAYS = (Way("eager"), Way("compiled blocks", {"compile": "blocks"}), Way("eager, any order of sums", deterministic=False))
STAGES = (0, 1, 2)
NUM_WARM = 1  # steps before those that are timed
NUM_COUNTED = 4  # micro-batches whose operations are counted
LARGEST_PRODUCT = 8192  # a side; its speed is what MFU is a share of


class Case(NamedTuple):
    way: Way
    stage: int
    micro_batch: int

    def named(self) -> Row:
        return {"way": self.way.title, "ZeRO": str(self.stage), "micro-batch": str(self.micro_batch)}

    def recipe(self, recipe: PretrainParams) -> PretrainParams:
        return recipe.model_copy(update={"zero_stage": self.stage, "micro_batch": self.micro_batch, **self.way.changes})


def rows(job: Job) -> Iterator[Row]:
    bench = Bench(sizes_of(job.toy))
    for case in cases(bench.sizes):
        yield job.attempt(case.named(), lambda case=case: bench.measured(case))


def cases(sizes: Sizes) -> list[Case]:
    """Return what is measured, first what one wants to know first: all ways at the scale's own ZeRO stage, then the first way at others."""
    own = sizes.recipe.zero_stage
    kinds = [*((way, own) for way in WAYS), *((WAYS[0], stage) for stage in STAGES if stage != own)]
    return [Case(way, stage, micro_batch) for way, stage in kinds for micro_batch in sizes.micro_batches]


class Bench:
    """The learner that is copied for every case, and what several cases have in common."""

    def __init__(self, sizes: Sizes):
        join()
        os.environ["M3AE_LOADER_WORKERS"] = "0"  # the batches are there
        self.sizes, self.learner = sizes, sizes.learner()
        self.batches, self.operations = cache(self.new_batches), cache(self.count_operations)

    @cached_property
    def forecast(self) -> dict[tuple[int, int], float]:
        """The GB that `m3ae plan` says, by ZeRO stage and micro-batch."""
        params = self.sizes.params
        found = planned(measure(params), params.pretrain, params.deepspeed, 1, list(self.sizes.micro_batches))
        return {(row.zero_stage, row.micro_batch): row.peak / GB for row in found}

    @cached_property
    def matrix_speed(self) -> float:
        """Operations a second of products of random matrices."""
        side = min(LARGEST_PRODUCT, max(self.sizes.products))
        return spread("TFLOP/s", speeds("bf16", side, device()))["TFLOP/s"] * 1e12

    def new_batches(self, micro_batch: int) -> PaddedBatches:
        return PaddedBatches(self.sizes, micro_batch)

    def count_operations(self, micro_batch: int) -> float:
        """Return the operations of a pair, a mean over some of a step's micro-batches."""
        learner: Learner = copy.deepcopy(self.learner).to(device())
        step = self.batches(micro_batch).step
        counted = [operations_a_pair(learner, moved(batch)) for batch in step[:: -(-len(step) // NUM_COUNTED)]]
        return sum(counted) / len(counted)

    def measured(self, case: Case) -> Row:
        operations, batches = self.operations(case.micro_batch), self.batches(case.micro_batch)
        torch.use_deterministic_algorithms(case.way.deterministic, warn_only=True)
        with engine_of(self.learner, case.recipe(self.sizes.recipe), self.sizes.params) as engine:
            times = []
            for step in timed(engine.train(batches, 0, NUM_WARM + self.sizes.num_timed)):
                if len(times) == 0:
                    reset_peak()  # DeepSpeed's start takes memory that no step does
                times.append(step)
        peak, forecast = peak_memory(), self.forecast[case.stage, case.micro_batch]
        rates = spread("pairs/s", [self.sizes.recipe.batch / seconds for seconds in times[NUM_WARM:]])
        return {
            "tokens": sum(batch.text_ids.shape[1] for batch in batches.step) / len(batches.step),
            "TFLOP a pair": operations / 1e12,
            **rates,
            "MFU": rates["pairs/s"] * operations / self.matrix_speed,
            "peak GB": peak,
            "forecast GB": forecast,
            "peak / forecast": peak and peak / forecast,
        }


def timed(steps: Iterator[object]) -> Iterator[float]:
    """Yield the seconds of each step."""
    while True:
        synchronise(device())
        begun = time.perf_counter()
        if next(steps, None) is None:
            return
        synchronise(device())
        yield time.perf_counter() - begun


def reset_peak() -> None:
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()


def peak_memory() -> float | None:
    """Return the most that tensors took of the GPU since `reset_peak`, in GB; None on a CPU."""
    return torch.cuda.max_memory_allocated() / GB if torch.cuda.is_available() else None
