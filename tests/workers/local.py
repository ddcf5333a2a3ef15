"""Run by test_local.py under `stages.launch`: processes that add numbers up, say which ports they listen on, and wait.

python -m stages.launch tests.workers.local WHAT
"""

import os
import sys
import time

import psutil
import torch
import torch.distributed as dist

from m3ae.engine.engine import skip_compiled_extension
from m3ae.engine.processes import join
from m3ae.engine.stop import EXIT_STATUS, StopRequest
from m3ae.engine.watch import watched

MINUTES = 600  # seconds; nobody is to wait for their end


def main() -> None:
    join()
    skip_compiled_extension()
    with watched():
        total = torch.ones(1)
        dist.all_reduce(total)
        told = [None] * dist.get_world_size()
        dist.all_gather_object(told, listening())
        if dist.get_rank() == 0:
            print(f"sum {int(total)}", *(address for addresses in told for address in addresses), flush=True)
        happen(sys.argv[1])


def listening() -> list[str]:
    """The addresses on which this process and its launcher listen."""
    processes = [psutil.Process(), psutil.Process(os.getppid())] if dist.get_world_size() > 1 else [psutil.Process()]
    sockets = (connection for process in processes for connection in process.net_connections("inet"))
    return [connection.laddr.ip for connection in sockets if connection.status == psutil.CONN_LISTEN]


def happen(what: str) -> None:
    if what == "error" and dist.get_rank():
        raise ValueError("the third round is wrong")
    if what == "message":
        if dist.get_rank() == 0:
            raise SystemExit("data: could not be written; make room on the disk")
        dist.all_reduce(torch.ones(1))
    if what == "saves":
        request = StopRequest()
        print("ready", flush=True)
        while not request.everywhere():
            time.sleep(0.1)
        if dist.get_rank() == 0:
            print("asked to stop: step 3 of 6 is saved", flush=True)
        raise SystemExit(EXIT_STATUS)
    if what in ("waits", "error"):
        print("ready", flush=True)
        time.sleep(MINUTES)


if __name__ == "__main__":
    main()
