"""Run by test_killed.py under torchrun: ZeRO 2, saved at every second step; takes up what an earlier, killed run left.

python -m tests.workers.killed OUT; the file OUT.started appears when training begins, OUT holds the digest of the final weights.
"""

import sys
from pathlib import Path

from benchmarks.digits import digest_of
from m3ae.engine.processes import is_first, join
from m3ae.pretrain.resume import ResumeState
from tests import tiny
from tests.workers.zero_stages import STEPS, Batches, new_engine


def main(out: Path) -> None:
    join()
    engine, state = new_engine(2), ResumeState(tiny.identity())
    first, _ = state.load(engine)
    out.with_name(f"{out.name}.started").touch()
    for step, _ in engine.train(Batches(), first, STEPS):
        if step % 2 == 0 and step < STEPS:
            state.save(engine, step, {})
    digest = digest_of(engine.full_weights())
    if is_first():
        out.write_text(digest)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
