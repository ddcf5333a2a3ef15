"""Run by test_watch.py under torchrun: two processes add numbers up, and in the third round something happens to rank 1.

python -m tests.workers.watched WHAT
"""

import os
import signal
import sys
import time

import torch
import torch.distributed as dist

from m3ae.engine.processes import join
from m3ae.engine.stop import EXIT_STATUS, StopRequest
from m3ae.engine.watch import watched

ROUNDS, FATAL = 5, 2
MINUTES = 600  # seconds; nobody is to wait for their end


def main(what: str) -> None:
    join()
    StopRequest()  # as in training: SIGTERM ends nobody
    with watched():
        for turn in range(ROUNDS):
            if turn == FATAL:
                happen(what, dist.get_rank())
            dist.all_reduce(torch.ones(1))


def happen(what: str, rank: int) -> None:
    if what == "stop":
        raise SystemExit(EXIT_STATUS)
    if what == "asleep" or (what == "killed asleep" and rank == 0):
        print("asleep", flush=True)
        time.sleep(MINUTES)
    if what == "error" and rank == 1:
        raise ValueError("the third round is wrong")
    if what == "message" and rank == 1:
        raise SystemExit("pairs 7 and 8 are wrong")
    if what in ("killed", "killed asleep") and rank == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "late" and rank == 1:
        time.sleep(10)


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]))
