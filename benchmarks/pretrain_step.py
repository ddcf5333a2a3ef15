"""One step of pre-training at `scale: paper`, against the plain plan, which is what the authors' code does: three separate passes,
everything computed, every text at full length.

python -m benchmarks.pretrain_step [--pairs 32] [--steps 1] [--rounds 5] [--precision fp32 bf16] [--count]

A step is `paper`'s: its captions' lengths, its micro-batches, its padding. `--pairs` computes so many pairs of each micro-batch, where 32
are too many for the machine: what a pair costs stays the same. Each plan runs in a process of its own, in the environment that
stages/launch.py makes, one after the other, `--rounds` times over; the ratios are of one run.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.functional import cross_entropy
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.paper_scale import MODEL, PARAMS, Repeated, paper_learner, step
from benchmarks.tables import table
from m3ae.batches.masking import NO_LABEL
from m3ae.batches.pairs import PairBatch
from m3ae.engine.engine import Engine
from m3ae.engine.processes import join
from m3ae.model.fusion import Read
from m3ae.objectives.base import Loss
from m3ae.objectives.learner import Learner
from m3ae.objectives.mim import chosen, normalised, patches
from m3ae.pretrain.speed import DTYPES, matrix_speed
from stages.launch import ALLOCATION

PRECISIONS = ("fp32", "bf16")
NUM_COUNTED = 2  # pairs of each micro-batch whose operations are counted
PLANS = {"plain": "plain", "ours": "shared"}  # as the table says -> as `--plan` has it
COLUMNS = ("plan", "precision", "s a step: median (least to most)", "pairs/s", "peak GiB", "Tflop a pair", "of the matrix speed")
RATIOS = ("times plain", "times plain in the first precision")


class PlainLearner(Learner):
    """The same losses of the same weights; each objective encodes its own views and computes every token of every layer."""

    def forward(self, batch: PairBatch, only: tuple[str, ...] = ()) -> Loss:
        total = self.words(batch) + self.pixels(batch) + self.match(batch)
        return Loss(total, total.new_zeros(1, 2, dtype=torch.float64))

    def words(self, batch: PairBatch) -> Tensor:
        text, image = self.backbone.encode_text(batch.masked_ids, batch.text_mask), self.backbone.encode_image(batch.images)
        fused = self.backbone.fusion(text, batch.text_mask.bool(), image)
        every_place = torch.arange(batch.text_ids.numel(), device=batch.text_ids.device)
        logits = self.objectives["mlm"].decoder(fused.text, every_place).float().index_select(0, batch.word_places)
        return cross_entropy(logits, batch.word_labels, reduction="sum", ignore_index=NO_LABEL) / batch.num_asked

    def pixels(self, batch: PairBatch) -> Tensor:
        objective, mask = self.objectives["mim"], batch.text_mask.bool()
        text, image = self.backbone.encode_text(batch.text_ids, batch.text_mask), self.backbone.encode_image(batch.images, batch.kept)
        after = [image]
        for layer in range(len(self.backbone.fusion.text_layers)):
            text, image = self.backbone.fusion.step(layer, text, mask, image, Read.BOTH)
            after.append(image)
        predicted = objective.decoder(after[objective.layer], batch.patch_order).float()
        errors = (predicted - normalised(patches(batch.images, objective.patch_px))).square().mean(dim=-1)
        return chosen(errors, batch.patch_order[:, batch.kept.shape[1] :]).mean()

    def match(self, batch: PairBatch) -> Tensor:
        own = torch.arange(len(batch.matches), device=batch.matches.device)
        image = self.backbone.encode_image(batch.images[torch.where(batch.matches.bool(), own, batch.other_image)])
        fused = self.backbone.fusion(self.backbone.encode_text(batch.text_ids, batch.text_mask), batch.text_mask.bool(), image)
        return cross_entropy(self.objectives["itm"].head(self.backbone.fusion.pooled(fused)).float(), batch.matches)


def planned(plan: str) -> Learner:
    learner = paper_learner()
    return learner if plan == "shared" else PlainLearner(learner.backbone, dict(learner.objectives), learner.weights)


def micro_batches_of(plan: str, pairs: int) -> list[PairBatch]:
    return step(pairs, MODEL.text_tokens if plan == "plain" else 0)


def operations(plan: str) -> float:
    """Return the operations of a step's forward and backward passes, a pair: counted on tensors without content, in no time."""
    with torch.device("meta"):
        learner = planned(plan)
    micro_batches = micro_batches_of(plan, NUM_COUNTED)
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:  # it knows no fused attention of the CPU
        for batch in micro_batches:
            learner(batch._make(None if part is None else part.to("meta") for part in batch)).value.backward()
    return counter.get_total_flops() / NUM_COUNTED / len(micro_batches)


def measure(plan: str, precision: str, pairs: int, steps: int) -> dict[str, float]:
    """Return the least seconds of `steps` steps, peak memory (GiB), operations a pair, and the share of the machine's matrix speed.

    A first step, in which memory is new, is not timed.
    """
    join()
    speed = matrix_speed(DTYPES[precision], torch.device("cpu"))
    micro_batches = micro_batches_of(plan, pairs)
    batch = pairs * len(micro_batches)
    changed = {"batch": batch, "micro_batch": pairs, "precision": precision}
    engine = Engine(planned(plan), PARAMS.pretrain.model_copy(update=changed), PARAMS.deepspeed, steps + 1, seed=0)
    training, times = engine.train(Repeated(micro_batches), 0, steps + 1), []
    for _ in range(steps + 1):
        begun = time.perf_counter()
        next(training)
        times.append(time.perf_counter() - begun)
    seconds, flops = min(times[1:]), operations(plan)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return {"seconds": seconds, "pairs": batch, "memory": memory, "flops": flops, "used": flops * batch / seconds / speed}


def in_own_process(plan: str, environment: dict[str, str], precision: str, pairs: int, steps: int) -> dict[str, float]:
    arguments = ["--plan", plan, "--precision", precision, "--pairs", str(pairs), "--steps", str(steps)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.pretrain_step", *arguments], capture_output=True, text=True, env={**os.environ, **environment}
    )
    if done.returncode:
        raise SystemExit(done.stderr[-3000:])
    return json.loads(done.stdout.splitlines()[-1])


def row(title: str, precision: str, runs: list[dict[str, float]], references: list[list[dict[str, float]]]) -> list[str]:
    """Return a line of the table: the median of all runs, and how many times as fast each was as the reference's run beside it."""
    seconds = [run["seconds"] for run in runs]
    middle = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    return [
        title,
        precision,
        spread(seconds),
        f"{middle['pairs'] / middle['seconds']:.2f}",
        f"{middle['memory']:.1f}",
        f"{middle['flops'] / 1e12:.3f}",
        f"{middle['used']:.0%}",
        *(spread([other["seconds"] / run["seconds"] for other, run in zip(others, runs, strict=True)]) for others in references),
    ]


def spread(values: list[float]) -> str:
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=PARAMS.pretrain.micro_batch, help="of each micro-batch")
    parser.add_argument("--steps", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--precision", nargs="+", choices=PRECISIONS, default=PRECISIONS)
    parser.add_argument("--count", action="store_true", help="nothing but the operations a pair")
    parser.add_argument("--plan", choices=PLANS.values(), help="one plan alone, its figures as JSON")
    args = parser.parse_args()
    if args.plan:
        print(json.dumps(measure(args.plan, args.precision[0], args.pairs, args.steps)))
        return
    if args.count:
        for title, plan in PLANS.items():
            print(f"{title}: {operations(plan) / 1e12:.3f} Tflop a pair")
        return
    runs = [(title, precision) for precision in args.precision for title in PLANS]
    found: dict[tuple[str, str], list[dict[str, float]]] = {run: [] for run in runs}
    for _ in range(args.rounds):
        for title, precision in runs:
            found[title, precision].append(in_own_process(PLANS[title], ALLOCATION, precision, args.pairs, args.steps))
    rows = [row(*run, found[run], [found["plain", run[1]], found[runs[0]]]) for run in runs]
    print(table((*COLUMNS, *RATIOS), rows, num_named=2))


if __name__ == "__main__":
    main()
