"""The first steps of pre-training at the demo's sizes, on the GPU and, side by side, on the CPU: losses and validation figures.

The pairs are made up, the same for both: the demo's own release is drawn by the pipeline. The CPU computes as `stages.launch` lets it, but
in one process.
"""

import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from benchmarks.digits import MadeUp
from benchmarks.gpu_section import Job, Row, processes
from benchmarks.gpu_sizes import PARAMS
from benchmarks.paper_scale import learner_of
from m3ae.disk.json import read_json, write_json_exactly
from m3ae.engine.engine import Engine
from m3ae.engine.pinned import PINNED
from m3ae.engine.processes import join, leave
from m3ae.pretrain.params import Params

VOCABULARY = 600
NUM_VALIDATED = 2  # micro-batches
NUM_STEPS = {"demo": 20, "test": 2}
ON_CPU = {**PINNED, "CUDA_VISIBLE_DEVICES": "", "DS_ACCELERATOR": "cpu"}


def rows(job: Job) -> Iterator[Row]:
    scale = "test" if job.toy else "demo"
    with tempfile.TemporaryDirectory() as folder:
        outs = {"CPU": Path(folder, "cpu.json"), "GPU": Path(folder, "gpu.json")}
        with environment(ON_CPU):
            on_cpu = start(scale, outs["CPU"])
        on_gpu = start(scale, outs["GPU"])
        on_gpu.join()
        on_cpu.join()
        found = {device: read_json(out, "see the error above") for device, out in outs.items()}
    for figure, value in found["CPU"].items():
        other = found["GPU"][figure]
        yield {"figure": figure, "CPU": value, "GPU": other, "GPU - CPU": other - value}


def start(scale: str, out: Path) -> BaseProcess:
    process: Any = processes().Process(target=train, args=(scale, out))
    process.start()
    return process


@contextmanager
def environment(changed: Mapping[str, str]) -> Iterator[None]:
    """Let the processes that are started meanwhile find `changed` in their environment, before they import anything."""
    before = dict(os.environ)
    os.environ |= changed
    try:
        yield
    finally:
        os.environ.clear()
        os.environ |= before


def train(scale: str, out: Path) -> None:
    os.environ["M3AE_LOADER_WORKERS"] = "0"
    params = Params.read(PARAMS, scale=scale)
    join()
    batches, steps = MadeUp(params, params.pretrain.micro_batch), NUM_STEPS[scale]
    engine = Engine(learner_of(params.model, params, VOCABULARY), params.pretrain, params.deepspeed, params.pretrain.steps, params.seed)
    figures, ended = {}, []
    for step, rows in engine.train(batches, 0, steps):
        ended.append(time.perf_counter())
        if step in (1, steps // 2, steps):
            figures[f"loss of step {step}"] = float(rows[-1, 0] / rows[-1, 1])
    figures |= {f"validation, {name}": value for name, value in engine.tallies(batches, NUM_VALIDATED).items()}
    write_json_exactly(out, figures | {"seconds a step": (ended[-1] - ended[0]) / (steps - 1)})
    leave()
