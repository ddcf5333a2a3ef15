"""What holds in every stage, whatever it does: this is loaded before any of them.

Ctrl-C, at whatever moment, ends in one sentence. What a stage prints ends no stage: a locale that lacks a letter, or a file name that is
no text, is shown by its codes. How long it took is written down beside its outputs.
"""

import atexit
import io
import os
import sys
from types import TracebackType

GOES_ON = "what it had saved before is kept, and `dvc repro` goes on from there, else anew"
ANEW = "it keeps nothing of what it was at, and `dvc repro` begins it anew"
KEEPS_PARTS = ("stages.launch", "stages.prepare")  # checkpoints; partitions


def stop_sentence(stage: str, keeps_parts: bool) -> str:
    """Return what is said of a stage that Ctrl-C has ended."""
    return f"\n{stage} was stopped; {GOES_ON if keeps_parts else ANEW}"


def say_stopped(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Show an error that nobody caught: Python's way, but for Ctrl-C. Python then ends itself by that signal, as shells expect."""
    if not issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    names = [word for word in sys.orig_argv if word.startswith("stages.")]
    print(stop_sentence(names[-1] if names else "the stage", bool({*KEEPS_PARTS} & {*names})), file=sys.stderr)


def leave_time() -> None:
    from m3ae.report.stage_times import write_time  # when all is done: it is no part of what the stage reads

    write_time(processes=1)


sys.excepthook = say_stopped
if "DVC_STAGE" in os.environ and "stages.launch" not in sys.orig_argv:  # which writes it itself, with the number of its processes
    atexit.register(leave_time)
if isinstance(sys.stdout, io.TextIOWrapper):
    sys.stdout.reconfigure(errors="backslashreplace")
