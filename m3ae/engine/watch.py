"""A process that fails ends all others of its run, with its own error, on whichever machines they are.

A process that waits for another one in a collective waits for a timeout of many minutes, and a launcher sees its own machine only.
So each one listens, in a thread with its own connection to the store that the run met in, for an error that another one has told,
and for the heart of its neighbour, the process ranked before it: one that was killed tells nothing, its heart stops.
Silence is counted in rounds of the own thread, not by the clock, so that a process which was itself held up accuses nobody.
"""

import os
import socket
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from threading import Event, Thread

import torch.distributed as dist
from torch.distributed.distributed_c10d import _get_default_store

BEAT = 2  # seconds between two rounds
SILENCE = 40  # seconds without a sign of life; a call that keeps the interpreter to itself may take so long
PATIENCE = 10  # seconds that a failed process waits for the others to have read why; torchrun grants it 30
GRACE = 5  # seconds by which the others outlive it, so that as a rule its launcher names the one that failed
NUM_FRAMES = 3
ERROR, HEART, DONE = "watch/error", "watch/heart/{}", "watch/done/{}"


@contextmanager
def watched() -> Iterator[None]:
    """Tell all processes of the run of an error in this block; an error of theirs ends this one within seconds, with status 1.

    A SystemExit without a message, as after SIGTERM, is no error. A run of one process is left alone. What fails because another process
    has, such as a collective that loses it, ends with status 1 and says no more than that.
    """
    if dist.get_world_size() == 1:
        yield
        return
    watch = Watch()
    try:
        yield
    except BaseException as error:
        if isinstance(error, SystemExit) and not isinstance(error.code, str):
            watch.leave()
        elif not watch.tell(error):
            raise SystemExit(1) from None
        raise
    watch.leave()


class Watch:
    """What one process hears of the others and lets them hear, from its making to `leave` or `tell`."""

    def __init__(self) -> None:
        self.rank, self.size = dist.get_rank(), dist.get_world_size()
        self.name = f"rank {self.rank} on host {socket.gethostname()}"
        self.store = _get_default_store().clone()
        self.store.set_timeout(timedelta(seconds=SILENCE))
        self.neighbour, self.heard = (self.rank - 1) % self.size, b""
        self.beats = self.silent = self.unanswered = 0  # rounds
        self.failed, self.ended = Event(), Event()
        self.beat()
        self.threads = [Thread(target=work, daemon=True) for work in (self.listen, self.guard)]
        for thread in self.threads:
            thread.start()

    def leave(self) -> None:
        """Leave without an error. The process of rank 0, which may hold the store, is the last to go."""
        if self.rank:
            self.ended.set()
        with suppress(dist.DistError):
            self.wait_for_all(SILENCE if self.rank == 0 else 0)
        self.stop()

    def tell(self, error: BaseException) -> bool:
        """Tell the others of this process's error; return whether it is the first one of the run, which all processes show."""
        self.failed.set()
        first = told = f"{self.name}: {type(error).__name__}: {error}\n{last_lines(error)}"
        with suppress(dist.DistError):
            first = self.store.compare_set(ERROR, "", told).decode()
            if first != told and not self.store.check([DONE.format(self.rank)]):  # else it was shown
                show(f"{self.name} fails after another process: {first}")
            self.wait_for_all(PATIENCE)
        self.stop()
        return first == told

    def wait_for_all(self, seconds: float) -> None:
        """Wait until every process has left or read the error, at most `seconds`: a dead one does neither."""
        self.store.set(DONE.format(self.rank), "")
        limit = time.monotonic() + seconds
        while time.monotonic() < limit and not self.store.check([DONE.format(rank) for rank in range(self.size)]):
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop the threads: one that still runs when the interpreter goes could abort the process."""
        self.ended.set()
        for thread in self.threads:
            thread.join(2 * BEAT)

    def listen(self) -> None:
        while not self.ended.wait(BEAT):
            try:
                self.beat()
                self.attend()
            except dist.DistError as error:
                if not self.failed.is_set():
                    self.end(f"the store of the run, kept by rank 0 or its launcher, is gone or out of reach: {error}")
            self.unanswered = 0

    def beat(self) -> None:
        self.beats += 1
        self.store.set(HEART.format(self.rank), f"{self.beats} {self.name}")

    def attend(self) -> None:
        """End with the error that another process told; accuse the neighbour once it has been silent for too long."""
        if self.is_silent():
            name = self.heard.decode().partition(" ")[2]
            self.store.compare_set(ERROR, "", f"{name} was last heard {SILENCE} s ago (killed, or out of memory?)")
        if self.store.check([ERROR]) and not self.failed.is_set():
            error = self.store.get(ERROR).decode()
            self.store.set(DONE.format(self.rank), "")
            self.end(error, GRACE)

    def is_silent(self) -> bool:
        """Return whether the neighbour is silent for too long; once it is done, the one before it becomes the neighbour."""
        if self.store.check([DONE.format(self.neighbour)]):
            self.neighbour = (self.neighbour - 1) % self.size
        heart = HEART.format(self.neighbour)
        heard = self.store.get(heart) if self.store.check([heart]) else b""  # a process that has not begun may still be loading
        self.silent = self.silent + 1 if heard and heard == self.heard else 0
        self.heard = heard
        return self.silent * BEAT > SILENCE

    def guard(self) -> None:
        """End the process once the store has ceased to answer `listen`: a machine that lost its power closes no connection."""
        while not self.ended.wait(BEAT):
            self.unanswered += 1
            if self.unanswered * BEAT > SILENCE:
                self.end(f"the store of the run, kept by rank 0 or its launcher, has not answered for {SILENCE} s")

    def end(self, reason: str, seconds: float = 0) -> None:
        """Leave at once: the main thread may be in a collective for good."""
        if not self.ended.is_set():
            show(f"{self.name} ends: {reason}")
            time.sleep(seconds)
            os._exit(1)


def last_lines(error: BaseException) -> str:
    """Return where the error was raised; nothing of a `SystemExit`, whose message says it all."""
    return "" if isinstance(error, SystemExit) else "".join(traceback.format_tb(error.__traceback__)[-NUM_FRAMES:])


def show(text: str) -> None:
    print(f"\n{text}", file=sys.stderr, flush=True)
