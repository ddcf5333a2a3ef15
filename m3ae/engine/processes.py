"""The other processes of a run, whoever started them (torchrun, deepspeed, or nobody): joining them, sharing work with them."""

import atexit
import os
import warnings
from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

import torch
import torch.distributed as dist

from m3ae.batches.numbered import Batch
from m3ae.engine.kernels import pin_kernels

T = TypeVar("T")
MEETING = "M3AE_MEETING"  # names the file in which the processes of one machine meet; `stages/launch.py` sets it
ON_LOOPBACK = {"GLOO_SOCKET_IFNAME": "lo", "NCCL_SOCKET_IFNAME": "lo"}  # what the processes of one machine send each other


def add_paths(parser: ArgumentParser, names: Iterable[str]) -> None:
    """Let a stage's command line take the paths that it reads and writes, and what the deepspeed launcher adds to it."""
    for name in names:
        parser.add_argument(f"--{name.replace('_', '-')}", type=Path, required=True)
    parser.add_argument("--local_rank", type=int, help="given by the deepspeed launcher; the environment says the same")


def join() -> None:
    """Join the run's processes; a plain `python stage.py` becomes a run of one."""
    if not dist.is_initialized():
        fill_environment()
        if torch.cuda.is_available():
            torch.cuda.set_device(device())  # objects that are sent around would all go by the first GPU
        else:
            pin_kernels()
        warnings.filterwarnings("ignore", "`torch.distributed", FutureWarning)  # DeepSpeed's calls, on every step
        torch.use_deterministic_algorithms(True, warn_only=True)
        # A safety net for programs that read what they never wrote.
        torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]  # a property of the module's own class
        backend, alone = "nccl" if torch.cuda.is_available() else "gloo", meeting()
        if alone:
            dist.init_process_group(backend, store=alone, rank=int(os.environ["RANK"]), world_size=int(os.environ["WORLD_SIZE"]))
        else:
            dist.init_process_group(backend)
        atexit.register(leave)


def use_deterministic_kernels(on: bool) -> None:
    """Choose on a GPU between kernels that give the same bits again, or an error where torch has none, and the fastest ones.

    A CPU keeps to what `join` has chosen: its kernels give the same bits, whatever is asked for.
    """
    if torch.cuda.is_available():
        torch.use_deterministic_algorithms(on)
        torch.backends.cudnn.benchmark = not on


def leave() -> None:
    """End the communication's own threads: one that still runs when its process ends aborts it, now and then."""
    if dist.is_initialized():
        dist.destroy_process_group()


def fill_environment() -> None:
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # without it cuBLAS gives no two runs the same bits
    for name, value in {"RANK": "0", "LOCAL_RANK": "0", "WORLD_SIZE": "1"}.items():
        os.environ.setdefault(name, value)
    if os.environ["WORLD_SIZE"] == "1":
        os.environ.update({name: os.environ.get(name, value) for name, value in ON_LOOPBACK.items()})


def meeting() -> dist.Store | None:
    """Return where the processes of one machine meet: in memory, or in the launcher's file; None where torchrun has a store for them.

    A store of torch's that others reach by a port listens on all interfaces, and runs what it is sent.
    """
    if os.environ["WORLD_SIZE"] == "1":
        return dist.HashStore()
    return dist.FileStore(os.environ[MEETING], int(os.environ["WORLD_SIZE"])) if MEETING in os.environ else None


def is_first() -> bool:
    """Return whether this process writes the files and draws the progress bar."""
    return not dist.is_initialized() or dist.get_rank() == 0


def device() -> torch.device:
    return torch.device("cuda", int(os.environ["LOCAL_RANK"])) if torch.cuda.is_available() else torch.device("cpu")


def moved(batch: Batch) -> Batch:
    """Return the batch on this process's device, and with it the batches that it holds."""
    return batch._make(map(moved_part, batch))


def moved_part(part: Any) -> Any:
    """Return a tensor, or each of several batches, on this process's device; None stays None."""
    if isinstance(part, torch.Tensor):
        return part.to(device(), non_blocking=True)
    return None if part is None else tuple(map(moved, part))


def num_loader_workers() -> int:
    """Return how many processes prepare batches beside each training process; on a small machine the training needs every core."""
    cores = (os.cpu_count() or 1) // int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    return int(os.environ.get("M3AE_LOADER_WORKERS", min(8, cores - 1) if cores > 4 else 0))


def process_share() -> slice:
    """Return each process's own elements of a list that all of them hold: `items[process_share()]`."""
    return slice(dist.get_rank(), None, dist.get_world_size()) if dist.is_initialized() else slice(None)


def every(own: T) -> list[T]:
    """Return what each process gives, by rank."""
    if not dist.is_initialized():
        return [own]
    given = [own] * dist.get_world_size()
    dist.all_gather_object(given, own)
    return given


def gathered(share: list[T]) -> list[T]:
    """Return the whole list again, in its order, on every process."""
    if not (dist.is_initialized() and dist.get_world_size() > 1):
        return share
    shares: list[list[T]] = [[] for _ in range(dist.get_world_size())]
    dist.all_gather_object(shares, share)
    longest = max(len(part) for part in shares)
    return [part[turn] for turn in range(longest) for part in shares if turn < len(part)]
