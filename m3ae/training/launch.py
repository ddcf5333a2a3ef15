"""Joining the other processes of a run, whoever started them: torchrun, deepspeed, or nobody."""

import atexit
import os
import socket
import warnings

import deepspeed
import torch
import torch.distributed as dist


def join() -> None:
    """Set up DeepSpeed's communication; a plain `python stage.py` becomes a run of one process."""
    if not dist.is_initialized():
        fill_environment()
        if torch.cuda.is_available():
            torch.cuda.set_device(device())  # objects that are sent around would all go by the first GPU
        skip_compiled_extension()
        warnings.filterwarnings("ignore", "`torch.distributed", FutureWarning)  # DeepSpeed's calls, on every step
        torch.use_deterministic_algorithms(True, warn_only=True)
        torch.utils.deterministic.fill_uninitialized_memory = False  # a safety net for programs that read what they never wrote
        deepspeed.init_distributed("nccl" if torch.cuda.is_available() else "gloo", verbose=False)
        atexit.register(leave)


def leave() -> None:
    """End the communication's own threads: one that still runs when its process ends aborts it, now and then."""
    if dist.is_initialized():
        dist.destroy_process_group()


def fill_environment() -> None:
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # without it cuBLAS gives no two runs the same bits
    alone = {"RANK": "0", "LOCAL_RANK": "0", "WORLD_SIZE": "1", "MASTER_ADDR": "127.0.0.1"}
    for name, value in alone.items():
        os.environ.setdefault(name, value)
    os.environ.setdefault("MASTER_PORT", str(free_port()))


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def skip_compiled_extension() -> None:
    """DeepSpeed would compile shared-memory collectives for a minute or two, for nothing that we use."""
    deepspeed.ops.__compatible_ops__["deepspeed_shm_comm"] = False


def is_first() -> bool:
    """Whether this process writes the files and draws the progress bar."""
    return not dist.is_initialized() or dist.get_rank() == 0


def device() -> torch.device:
    return torch.device("cuda", int(os.environ["LOCAL_RANK"])) if torch.cuda.is_available() else torch.device("cpu")


def num_loader_workers() -> int:
    """Processes that prepare batches beside each training process; on a small machine the training needs every core."""
    cores = (os.cpu_count() or 1) // int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    return int(os.environ.get("M3AE_LOADER_WORKERS", min(8, cores - 1) if cores > 4 else 0))
