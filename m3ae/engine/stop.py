"""A preempted job is told by SIGTERM, a run at a terminal by Ctrl-C: the step at hand is finished, its state is saved, and all leave."""

import signal
from types import FrameType

import torch
import torch.distributed as dist

EXIT_STATUS = 128 + signal.SIGTERM  # as a shell tells it


def outlive_request(_worker: int) -> None:
    """Ignore both in a loader's worker: they are sent to the whole process group, but the worker must serve the step at hand."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)


class StopRequest:
    """Whether any process of the run was asked to stop."""

    def __init__(self) -> None:
        self.asked = False
        signal.signal(signal.SIGTERM, self.note)
        if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:  # else a launcher hears of it for all
            signal.signal(signal.SIGINT, self.note)

    def note(self, number: int, _frame: FrameType | None) -> None:
        if self.asked and number == signal.SIGINT:
            raise KeyboardInterrupt  # a second one waits for no step
        self.asked = True

    def everywhere(self) -> bool:
        """Return the same answer in all processes, which must all ask: a step that some saved and others did not would be lost."""
        votes = torch.tensor([self.asked], dtype=torch.int32, device="cuda" if dist.get_backend() == "nccl" else "cpu")
        dist.all_reduce(votes)
        return bool(votes.item())
