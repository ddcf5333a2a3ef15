"""launch: start a training stage: without a GPU in `deepspeed.cpu_processes` processes, with GPUs on every one that has a micro-batch
to work on.

Without a GPU the number of processes and threads and the kernels are fixed, for a run's digits depend on them (m3ae/engine/pinned.py;
docs/results.md says how far that goes). The processes are forked once the stage is loaded, which takes most of a short stage's time
(stages/local.py; on GPUs each loads it anew).
PET_NPROC_PER_NODE sets their number, as it does for torchrun, and lets go of these digits; with PET_NNODES or PET_RDZV_ENDPOINT they are
one machine's share of a run on several. M3AE_LAUNCHER is a command that starts them instead, on all machines: docs/cluster.md.
"""

import argparse
import importlib
import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

from m3ae.engine.params import DeepSpeedParams, Recipe
from m3ae.engine.pinned import PINNED
from m3ae.finetune.params import recipe_of
from m3ae.params import Sources
from m3ae.pretrain.params import PretrainParams
from m3ae.report.stage_times import timed

# glibc's malloc gives large blocks back to the system and asks for them again, page by page, at every operation of a step. It is told
# to keep them, in one arena, for the backward pass runs in a thread of its own. benchmarks/pretrain_step.py shows what that is worth.
ALLOCATION = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": str(2**32),
    "MALLOC_TRIM_THRESHOLD_": str(2**34),
    "MALLOC_TOP_PAD_": str(2**28),
}
ENDING = 300  # seconds that a run which is asked to stop has to finish a step, validate and save; torchrun would grant 30


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stage", help="its module; every argument after it is the stage's own")
    parser.add_argument("--task")
    known, _ = parser.parse_known_args()

    launcher = shlex.split(os.environ.pop("M3AE_LAUNCHER", ""))  # it may come back here, on every machine
    if launcher:
        os.execvp(launcher[0], [*launcher, *sys.argv[1:]])
    start_over_with({name: os.environ.get(name, value) for name, value in ALLOCATION.items()} | PINNED)
    import torch  # it reads the environment when it is loaded

    from stages.local import run_here

    num_gpus = torch.cuda.device_count()
    sources = Sources.load(Path("params.yaml"))
    most = num_gpus or DeepSpeedParams.read(sources).cpu_processes
    processes = asked_for() or num_processes(recipe(sources, known.stage, known.task), most)
    if num_gpus:
        unpin(processes)
    else:
        os.environ.setdefault("DS_ACCELERATOR", "cpu")  # DeepSpeed would warn in every process that it looked for another in vain
    with timed(processes):
        if is_part_of_more(os.environ):
            return run_torchrun(processes)
        module = importlib.import_module(known.stage)
        sys.argv = [known.stage, *sys.argv[2:]]
        run_here(known.stage, module.main, processes, "spawn" if num_gpus else "fork", ENDING)


def start_over_with(settings: Mapping[str, str]) -> None:
    """Start this program over with `settings` in its environment, unless they are there: malloc and torch read them but once."""
    if any(os.environ.get(name) != value for name, value in settings.items()):
        os.execve(sys.executable, [sys.executable, "-m", "stages.launch", *sys.argv[1:]], {**os.environ, **settings})


def unpin(processes: int) -> None:
    """Give every process its share of the cores and whatever kernels the machine has: on GPUs the CPU makes no digits."""
    for name in PINNED:
        del os.environ[name]
    os.environ["OMP_NUM_THREADS"] = str(max(1, (os.cpu_count() or 1) // processes))


def run_torchrun(processes: int) -> None:
    """Be one machine's torchrun, which finds the others as the environment tells it."""
    from torch.distributed.run import main as torchrun

    os.environ.setdefault("PET_SHUTDOWN_TIMEOUT", str(ENDING))
    torchrun([f"--nproc-per-node={processes}", "-m", *sys.argv[1:]])


def is_part_of_more(environment: Mapping[str, str]) -> bool:
    """Return whether the environment tells torchrun about other machines."""
    return bool({"PET_NNODES", "PET_RDZV_ENDPOINT"} & environment.keys())


def recipe(sources: Sources, stage: str, task: str | None) -> Recipe | None:
    """Return the recipe that the stage trains by, None where it trains nothing."""
    if task and stage == "stages.finetune":
        return recipe_of(task).read(sources, task)
    return PretrainParams.read(sources) if stage in ("stages.align", "stages.pretrain") else None


def asked_for() -> int | None:
    """Return how many processes the environment asks for, None where it does not. Raises SystemExit where it is no such number."""
    asked = os.environ.get("PET_NPROC_PER_NODE")
    if asked and not (asked.isdecimal() and int(asked)):
        raise SystemExit(f"PET_NPROC_PER_NODE is {asked!r}; give a number of processes, or leave it out to use every GPU or core")
    return int(asked) if asked else None


def num_processes(recipe: Recipe | None, most: int) -> int:
    """Return the most processes that share a batch's micro-batches evenly; a stage without a batch can be shared out at will."""
    micro_batches = recipe.batch // recipe.micro_batch if recipe else most
    return max(number for number in range(1, most + 1) if micro_batches % number == 0)


if __name__ == "__main__":
    main()
