"""One step of pre-training at `scale: paper`, against the plain plan, which is what the authors' code does: three separate passes,
everything computed, every text at full length.

python -m benchmarks.pretrain_step [--batch 8] [--steps 2] [--precision fp32 bf16]; each plan runs in a process of its own, one after
the other, through the same engine, and a second time in the environment that stages/launch.py makes. The ratios are of one run.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.functional import cross_entropy
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.paper_scale import MODEL, PARAMS, pairs, paper_learner
from m3ae.batches import numbered
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
PLANS = ("plain", "shared")
RUNS = {
    "plain": ("plain", {}),
    "ours": ("shared", {}),
    "plain, as launched": ("plain", ALLOCATION),
    "ours, as launched": ("shared", ALLOCATION),
}


class PlainLearner(Learner):
    """The same losses of the same weights; each objective encodes its own views and computes every token of every layer."""

    def forward(self, batch: PairBatch, only: tuple[str, ...] = ()) -> Loss:
        total = self.words(batch) + self.pixels(batch) + self.match(batch)
        return Loss(total, total.new_zeros(1, 2, dtype=torch.float64))

    def words(self, batch: PairBatch) -> Tensor:
        text, image = self.backbone.encode_text(batch.masked_ids, batch.text_mask), self.backbone.encode_image(batch.images)
        fused = self.backbone.fusion(text, batch.text_mask.bool(), image)
        logits = self.objectives["mlm"].decoder(fused.text, torch.ones_like(batch.text_mask, dtype=torch.bool)).float()
        return cross_entropy(logits, batch.word_labels.flatten(), ignore_index=NO_LABEL)

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
        own = torch.arange(len(batch.matches))
        image = self.backbone.encode_image(batch.images[torch.where(batch.matches.bool(), own, batch.other_image)])
        fused = self.backbone.fusion(self.backbone.encode_text(batch.text_ids, batch.text_mask), batch.text_mask.bool(), image)
        return cross_entropy(self.objectives["itm"].head(self.backbone.fusion.pooled(fused)).float(), batch.matches)


class Batches(numbered.Batches):
    """The same pairs at every step."""

    def __init__(self, batch: PairBatch):
        self.batch = batch

    def __getitem__(self, number: int) -> PairBatch:
        return self.batch


def measure(plan: str, precision: str, batch: int, steps: int) -> dict[str, float]:
    """Seconds a step (the first one is not counted), peak memory, and what of the machine's matrix speed is used."""
    join()
    speed = matrix_speed(DTYPES[precision], torch.device("cpu"))
    learner = paper_learner()
    if plan == "plain":
        learner = PlainLearner(learner.backbone, dict(learner.objectives), learner.weights)
    sample = pairs(batch, MODEL.text_tokens if plan == "plain" else 0)
    changed = {"batch": batch, "micro_batch": batch, "precision": precision, "zero_stage": 0}
    engine = Engine(learner, PARAMS.pretrain.model_copy(update=changed), PARAMS.deepspeed, steps + 2, seed=0)
    training, times = engine.train(Batches(sample), 0, steps + 2), []
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:  # it knows no fused attention of the CPU
        next(training)
    for _ in range(steps + 1):
        begun = time.perf_counter()
        next(training)
        times.append(time.perf_counter() - begun)
    seconds = min(times[1:])
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return {"seconds": seconds, "memory": memory, "flops": counter.get_total_flops(), "used": counter.get_total_flops() / seconds / speed}


def in_own_process(plan: str, environment: dict[str, str], precision: str, batch: int, steps: int) -> dict[str, float]:
    arguments = ["--plan", plan, "--precision", precision, "--batch", str(batch), "--steps", str(steps)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.pretrain_step", *arguments], capture_output=True, text=True, env={**os.environ, **environment}
    )
    if done.returncode:
        raise SystemExit(done.stderr[-3000:])
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--steps", type=int, default=2)
    parser.add_argument("--precision", nargs="+", choices=PRECISIONS, default=PRECISIONS)
    parser.add_argument("--plan", choices=PLANS, help="one plan alone, its figures as JSON")
    args = parser.parse_args()
    if args.plan:
        print(json.dumps(measure(args.plan, args.precision[0], args.batch, args.steps)))
        return
    print("| plan | precision | s a step | pairs/s | peak GiB | Tflop a step | of the matrix speed | times plain | times the first row |")
    print("|:--|:--|--:|--:|--:|--:|--:|--:|--:|")
    first = None
    for precision in args.precision:
        plain = None
        for title, (plan, environment) in RUNS.items():
            found = in_own_process(plan, environment, precision, args.batch, args.steps)
            seconds, memory, flops, used = found["seconds"], found["memory"], found["flops"] / 1e12, found["used"]
            plain = plain or seconds
            first = first or seconds
            print(
                f"| {title} | {precision} | {seconds:.1f} | {args.batch / seconds:.2f} | {memory:.1f} | {flops:.2f} | {used:.0%} | "
                f"{plain / seconds:.2f} | {first / seconds:.2f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
