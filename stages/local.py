"""The processes of a run on one machine. They meet in a file that nobody else can read, and talk on the loopback.

torchrun opens two ports on all interfaces, and whoever reaches the first runs code as the user. One process needs no other at all.
"""

import ctypes
import multiprocessing
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Mapping
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from m3ae.engine.processes import MEETING, ON_LOOPBACK
from m3ae.engine.stop import EXIT_STATUS
from m3ae.workers import interrupt_held_back
from stages import stop_sentence

INTERRUPTED = 128 + signal.SIGINT  # as a shell tells it
PR_SET_PDEATHSIG = 1  # of prctl
GRACE = 30  # seconds that the others have to show what failed in one process


class Stopped(BaseException):
    """The launcher was told to stop, by Ctrl-C or by SIGTERM."""


def run_here(stage: str, main: Callable[[], None], processes: int, start_method: str, ending: int) -> None:
    """Run the stage's `main` in so many processes. Exits as they do: 1 where one fails, which has said why.

    `ending`: seconds that they have to save their state once they are asked to stop.
    """
    os.environ |= {name: os.environ.get(name, value) for name, value in ON_LOOPBACK.items()}
    try:
        if processes == 1:
            main()
        else:
            run_several(main, processes, start_method, ending)
    except (KeyboardInterrupt, Stopped):
        print(stop_sentence(stage, keeps_parts=True), file=sys.stderr)
        raise SystemExit(INTERRUPTED) from None


def run_several(main: Callable[[], None], processes: int, start_method: str, ending: int) -> None:
    signal.signal(signal.SIGTERM, stop)
    with tempfile.TemporaryDirectory(prefix="m3ae-") as folder:  # its mode is 0700
        meeting = {**dict.fromkeys(("WORLD_SIZE", "LOCAL_WORLD_SIZE"), str(processes)), MEETING: str(Path(folder, "store"))}
        context: Any = multiprocessing.get_context(start_method)
        ranks = ({"RANK": str(rank), "LOCAL_RANK": str(rank)} for rank in range(processes))
        workers: list[BaseProcess] = []
        try:
            with interrupt_held_back():  # a terminal sends it to all; the workers are told by this process
                for rank in ranks:
                    worker = context.Process(target=work, args=(main, os.getpid(), meeting | rank))
                    worker.start()
                    workers.append(worker)
            end = first_failure(workers)
        except (KeyboardInterrupt, Stopped):
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            end = stopped(workers, ending)
            if end != EXIT_STATUS:
                raise
        finally:
            end_all(workers)
    if end:
        raise SystemExit(end)


def stop(*_: object) -> None:
    raise Stopped


def work(main: Callable[[], None], parent: int, environment: Mapping[str, str]) -> None:
    """Run the stage in a process of its own, which is asked to stop where its launcher is killed."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit(1)
    os.environ.update(environment)
    main()


def first_failure(workers: list[BaseProcess]) -> int:
    """Wait for the workers; return 0 once all have ended well, or the status of the first that has not."""
    waiting: dict[Any, BaseProcess] = {worker.sentinel: worker for worker in workers}
    while waiting:
        for sentinel in wait(list(waiting)):
            worker = waiting.pop(sentinel)
            worker.join()
            if worker.exitcode:
                return told(worker.exitcode)
    return 0


def told(exitcode: int) -> int:
    """Return a worker's status; say so where it was killed, for it could not."""
    if exitcode > 0:
        return exitcode
    print(f"one process of the run was ended by {signal.Signals(-exitcode).name} (out of memory?)", file=sys.stderr)
    return 1


def stopped(workers: list[BaseProcess], ending: int) -> int:
    """Ask the workers to stop, and wait until they have; return the status of those that saved their state first, else 1."""
    for worker in workers:
        worker.terminate()
    for worker in workers:
        worker.join(ending)
    return EXIT_STATUS if all(worker.exitcode == EXIT_STATUS for worker in workers) else 1


def end_all(workers: list[BaseProcess]) -> None:
    """End the workers that are left: asked first, for they show what failed elsewhere, then killed."""
    for worker in workers:
        worker.join(GRACE)
    for worker in workers:
        worker.kill()
        worker.join()
