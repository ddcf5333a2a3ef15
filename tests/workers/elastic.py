"""Run by test_engine.py under torchrun: `save` trains half of the steps and saves them, `resume` goes on from there.

Writes {stage: losses} as JSON to the path given.
"""

import json
import sys
from pathlib import Path

from m3ae.engine.processes import is_first, join
from m3ae.objectives.tallies import summed_over_processes
from m3ae.pretrain.resume import ResumeState
from tests import tiny
from tests.workers.zero_stages import HALF, STEPS, Batches, new_engine


def run(how: str, stage: int) -> list[float]:
    state = ResumeState(tiny.identity(stage=stage))
    engine = new_engine(stage, resumes_others=state.is_of_others())
    step, _ = state.load(engine)
    assert step == (HALF if how == "resume" else 0)
    rows = engine.train(Batches(), step, HALF if how == "save" else STEPS)
    losses = [summed_over_processes(row)[-1, 0].item() for _, row in rows]
    if how == "save":
        state.save(engine, HALF, {})
    return losses


def main() -> None:
    join()
    results = {stage: run(sys.argv[1], stage) for stage in range(4)}
    if is_first():
        Path(sys.argv[2]).write_text(json.dumps(results))


if __name__ == "__main__":
    main()
