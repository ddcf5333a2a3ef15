"""What a micro-batch of pre-training asks of the GPU: kernels, their launches, where the host waits, and the kernels that cost most.

Of one profiled step of `NUM_MICRO_BATCHES`, divided by them: so much of the optimiser's step is among a micro-batch's counts. What the
profiler itself waits for is among the host's waits.
"""

import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile

from benchmarks.gpu_section import Job, Row
from benchmarks.gpu_sizes import PaddedBatches, Way, engine_of, sizes_of
from benchmarks.gpu_step import WAYS, Bench, timed

NUM_MICRO_BATCHES, NUM_WARM, NUM_COSTLY = 2, 2, 12
LONGEST_NAME = 70  # letters of a kernel's name, which has its types in it
# Categories and names of the profiler's trace.
KERNEL, TRANSFERS, CALLS, OPERATOR = ("kernel",), ("gpu_memcpy", "gpu_memset"), ("cuda_runtime", "cuda_driver"), ("cpu_op",)
LAUNCHES = ("cudaLaunch", "cuLaunch", "cudaGraphLaunch")
WAITS = ("cudaStreamSynchronize", "cudaDeviceSynchronize", "cudaEventSynchronize")
READS = ("aten::_local_scalar_dense", "aten::nonzero")  # they cannot go on without a number from the device


def rows(job: Job) -> Iterator[Row]:
    bench = Bench(sizes_of(job.toy))
    for way in WAYS:
        found: list[Row] = []
        failed = job.attempt({"way": way.title}, lambda way=way, found=found: found.extend(profiled(bench, way)) or {})
        yield from found or [failed]


def profiled(bench: Bench, way: Way) -> list[Row]:
    """Return a row for each count, and for each of the costliest kernels."""
    recipe = bench.sizes.recipe
    torch.use_deterministic_algorithms(way.deterministic, warn_only=True)
    batches = PaddedBatches(bench.sizes, recipe.micro_batch)
    recipe = recipe.model_copy(update={"batch": NUM_MICRO_BATCHES * recipe.micro_batch, **way.changes})
    with engine_of(bench.learner, recipe, bench.sizes.params) as engine:
        steps = timed(engine.train(batches, 0, NUM_WARM + 2))
        seconds = [next(steps) for _ in range(NUM_WARM + 1)][-1]
        events = trace(steps)
    return [{"way": way.title, **row} for row in counted(events, seconds)]


def trace(steps: Iterator[float]) -> list[dict[str, Any]]:
    """Return the events of the next step, as Chrome's tracing has them: category, name, microseconds."""
    activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if torch.cuda.is_available() else [])]
    with profile(activities=activities) as profiler:
        next(steps)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "trace.json")
        profiler.export_chrome_trace(str(path))
        return [event for event in json.loads(path.read_text(encoding="utf-8"))["traceEvents"] if event["ph"] == "X"]


def counted(events: list[dict[str, Any]], seconds: float) -> Iterator[Row]:
    """Yield the rows; `seconds` are those of a step that nobody profiled."""
    kernels, transfers = named(events, KERNEL), named(events, TRANSFERS)
    calls, operators = named(events, CALLS), named(events, OPERATOR)
    yield row("time, not profiled", None, 1e6 * seconds)
    yield row("kernels", len(kernels), total(kernels))
    yield row("transfers and fills", len(transfers), total(transfers))
    yield row("launches", sum(name.startswith(LAUNCHES) for name, _ in calls))
    yield row("calls of CUDA that wait", sum(name in WAITS for name, _ in calls))
    yield row("operators that read a number of the device", sum(name in READS for name, _ in operators))
    times, numbers = Counter[str](), Counter(name for name, _ in kernels)
    for name, microseconds in kernels:
        times[name] += microseconds
    for name, microseconds in times.most_common(NUM_COSTLY):
        yield row(name[:LONGEST_NAME], numbers[name], microseconds)


def named(events: list[dict[str, Any]], categories: tuple[str, ...]) -> list[tuple[str, float]]:
    return [(event["name"], event["dur"]) for event in events if event.get("cat") in categories]


def total(events: list[tuple[str, float]]) -> float:
    return sum(microseconds for _, microseconds in events)


def row(what: str, count: int | None, microseconds: float | None = None) -> Row:
    """Return a row of a micro-batch's share of what a step has."""
    each = None if count is None else count / NUM_MICRO_BATCHES
    return {"what": what, "a micro-batch": each, "ms a micro-batch": microseconds and microseconds / 1e3 / NUM_MICRO_BATCHES}
