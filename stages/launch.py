"""launch: start a training stage on every GPU or, without one, on every core, that has a micro-batch to work on.

How many processes there are changes how long a stage takes, not what it computes: this file is no stage's dependency.
PET_NPROC_PER_NODE sets their number, as it does for torchrun; with PET_NNODES or PET_RDZV_ENDPOINT they are one machine's share
of a run on several. M3AE_LAUNCHER is a command that starts them instead, on all machines: docs/cluster.md.
"""

import argparse
import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

import torch
from torch.distributed.run import main as torchrun

from m3ae.engine.params import Recipe
from m3ae.finetune.params import recipe_of
from m3ae.params import Sources
from m3ae.pretrain.params import PretrainParams

# glibc's malloc gives large blocks back to the system and asks for them again, page by page, at every operation of a step. It is told
# to keep them, in one arena, for the backward pass runs in a thread of its own. benchmarks/pretrain_step.py shows what that is worth.
ALLOCATION = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": str(2**32),
    "MALLOC_TRIM_THRESHOLD_": str(2**34),
    "MALLOC_TOP_PAD_": str(2**28),
}
ENDING = "300"  # seconds that a run which is asked to stop has to finish a step, validate and save; torchrun would grant 30
MOST_ON_CPU = 8  # each one loads the model and its libraries; the cores beyond are their threads


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stage", help="its module; every argument after it is the stage's own")
    parser.add_argument("--task")
    known, _ = parser.parse_known_args()

    launcher = shlex.split(os.environ.pop("M3AE_LAUNCHER", ""))  # it may come back here, on every machine
    if launcher:
        os.execvp(launcher[0], [*launcher, *sys.argv[1:]])
    cores = os.cpu_count() or 1
    processes = asked_for() or num_processes(recipe(known.stage, known.task), torch.cuda.device_count() or min(cores, MOST_ON_CPU))
    environment = {"OMP_NUM_THREADS": str(max(1, cores // processes)), "PET_SHUTDOWN_TIMEOUT": ENDING, **ALLOCATION}
    for name, value in environment.items():
        os.environ.setdefault(name, value)
    torchrun([*meeting_point(os.environ), f"--nproc-per-node={processes}", "-m", *sys.argv[1:]])


def meeting_point(environment: Mapping[str, str]) -> list[str]:
    """Return `--standalone`, unless the environment tells torchrun about other machines, which it would override."""
    return [] if {"PET_NNODES", "PET_RDZV_ENDPOINT"} & environment.keys() else ["--standalone"]


def recipe(stage: str, task: str | None) -> Recipe | None:
    """Return the recipe that the stage trains by, None where it trains nothing."""
    sources = Sources.load(Path("params.yaml"))
    if task and stage == "stages.finetune":
        return recipe_of(task).read(sources, task)
    return PretrainParams.read(sources) if stage == "stages.pretrain" else None


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
