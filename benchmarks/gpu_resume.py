"""A killed run and an undisturbed one: are their weights the same bits on this GPU, with deterministic algorithms and with any?

A small pre-training with the widths of heads and the image size of `paper`, dropout included, in processes of their own: twice
undisturbed, and once ended by SIGKILL between two steps and taken up from its checkpoint, as `pretrain` does it.
"""

import os
import signal
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, NamedTuple

import torch

from benchmarks.digits import digest_of
from benchmarks.gpu_section import Job, Row, processes
from benchmarks.gpu_sizes import PaddedBatches, Sizes, sizes_of
from m3ae.disk.identity import Identity
from m3ae.engine.engine import Engine
from m3ae.engine.processes import join, leave
from m3ae.pretrain.resume import ResumeState

NARROW = {
    **{f"{part}_width": 256 for part in ("vision", "text", "fusion")},
    **{f"{part}_heads": 4 for part in ("vision", "text", "fusion")},
    **{"vision_depth": 2, "text_depth": 2, "fusion_depth": 4, "decoder_width": 128, "decoder_heads": 2, "decoder_depth": 2},
}
VOCABULARY = 2_000
BATCH, MICRO_BATCH, STEPS, SAVED_EVERY, KILLED_AFTER = 64, 16, 6, 2, 3
WEIGHTS, WARNINGS, BEGUN = "weights.pt", "warnings.txt", "begun.txt"
UNKNOWN = "does not have a deterministic implementation"


class Run(NamedTuple):
    """One pre-training; it knows its own folder alone."""

    folder: Path
    sizes: Sizes
    deterministic: bool

    def start(self, killed_after: int = 0) -> BaseProcess:
        self.folder.mkdir(exist_ok=True)
        process: Any = processes().Process(target=train, args=(self, killed_after))
        process.start()
        return process

    def weights(self) -> dict[str, torch.Tensor]:
        return torch.load(self.folder / WEIGHTS)


def rows(job: Job) -> Iterator[Row]:
    sizes = sizes_of(True) if job.toy else narrow(sizes_of(False))
    with tempfile.TemporaryDirectory() as folder:
        modes = {"deterministic": True} if job.toy else {"deterministic": True, "any": False}
        runs = {mode: [Run(Path(folder, f"{mode}-{name}"), sizes, on) for name in ("one", "other", "killed")] for mode, on in modes.items()}
        carry_out([run for three in runs.values() for run in three])
        recipe = sizes.recipe
        for mode, three in runs.items():
            named = {"algorithms": mode, "training": f"{recipe.precision}, ZeRO {recipe.zero_stage}"}
            yield job.attempt(named, lambda three=three: compared(*three))


def narrow(sizes: Sizes) -> Sizes:
    params = sizes.params
    changed: Mapping[str, Any] = {
        "model": params.model.model_copy(update=NARROW),
        "pretrain": params.pretrain.model_copy(update={"batch": BATCH, "micro_batch": MICRO_BATCH}),
        "tokenizer": params.tokenizer.model_copy(update={"vocabulary": VOCABULARY}),
    }
    return sizes._replace(params=params.model_copy(update=changed))


def carry_out(runs: list[Run]) -> None:
    """Carry all of them out side by side; those whose folder says so are killed on the way, and begun again."""
    killed = [run for run in runs if run.folder.name.endswith("killed")]
    ended = {run.folder: run.start(KILLED_AFTER if run in killed else 0) for run in runs}
    for process in ended.values():
        process.join()
    again = [run.start() for run in killed if ended[run.folder].exitcode == -signal.SIGKILL]
    for process in again:
        process.join()


def train(run: Run, killed_after: int) -> None:
    """Train to the end, or to one's own death after a step; take up what an earlier process has left."""
    os.environ |= {"DVC_ROOT": str(run.folder), "M3AE_LOADER_WORKERS": "0"}
    join()
    torch.use_deterministic_algorithms(run.deterministic, warn_only=True)
    recipe, batches = run.sizes.recipe, PaddedBatches(run.sizes, run.sizes.recipe.micro_batch)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        engine = Engine(run.sizes.learner(), recipe, run.sizes.params.deepspeed, STEPS, seed=0)
        state = ResumeState(Identity("benchmark", {}, {}, {}))
        first, _ = state.load(engine)
        (run.folder / BEGUN).write_text(str(first), encoding="utf-8")
        for step, _ in engine.train(batches, first, STEPS):
            if step % SAVED_EVERY == 0 and step < STEPS:
                state.save(engine, step, {})
            if step == killed_after:
                os.kill(os.getpid(), signal.SIGKILL)
    torch.save(engine.full_weights(), run.folder / WEIGHTS)
    names = {str(warning.message).split()[0] for warning in told if UNKNOWN in str(warning.message)}
    (run.folder / WARNINGS).write_text(", ".join(sorted(names)), encoding="utf-8")
    leave()


def compared(one: Run, other: Run, killed: Run) -> Row:
    weights, begun = one.weights(), int((killed.folder / BEGUN).read_text(encoding="utf-8"))
    return {
        "killed after step": KILLED_AFTER,
        "went on from": begun,
        "repeated: same bits": digest_of(other.weights()) == digest_of(weights),
        "largest difference, repeated": largest_difference(weights, other.weights()),
        "resumed: same bits": digest_of(killed.weights()) == digest_of(weights),
        "largest difference, resumed": largest_difference(weights, killed.weights()),
        "operators without a deterministic kernel": (one.folder / WARNINGS).read_text(encoding="utf-8") or "none",
    }


def largest_difference(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> float:
    """Return by how much a weight differs at most."""
    assert one.keys() == other.keys()
    return max(float((weight - other[name]).abs().max()) for name, weight in one.items())
