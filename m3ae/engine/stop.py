"""A preempted job is told so by SIGTERM: the step at hand is finished, its state is saved, and every process leaves."""

import signal
from types import FrameType

import torch
import torch.distributed as dist

EXIT_STATUS = 128 + signal.SIGTERM  # as a shell tells it


def outlive_request(_worker: int) -> None:
    """Ignore SIGTERM in a loader's worker: it is sent to the whole process group, but the worker must serve the step at hand."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


class StopRequest:
    """Whether any process of the run was asked to stop."""

    def __init__(self) -> None:
        self.asked = False
        signal.signal(signal.SIGTERM, self.note)

    def note(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True

    def everywhere(self) -> bool:
        """Return the same answer in all processes, which must all ask: a step that some saved and others did not would be lost."""
        votes = torch.tensor([self.asked], dtype=torch.int32, device="cuda" if dist.get_backend() == "nccl" else "cpu")
        dist.all_reduce(votes)
        return bool(votes.item())
