"""Ranking at paper widths: every image of a split with every text, against scoring sampled pairs whole, at the same precision.

python -m benchmarks.retrieval [--side 64] [--sampled 64] [--precision fp32|bf16]; one process, all cores, both in the
environment that stages/launch.py makes; the ratio is of one run.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable

import torch

from benchmarks.paper_scale import MODEL, VOCABULARY, paper_learner
from m3ae.finetune.ranking import ENCODED_AT_ONCE, encoded_tiles, score_texts
from m3ae.objectives.learner import Learner
from m3ae.objectives.retrieval import Retrieval
from stages.launch import ALLOCATION

WHOLE_AT_ONCE = 8  # pairs that the reference scores side by side
DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}


def seconds(function: Callable[[], object]) -> float:
    begun = time.perf_counter()
    function()
    return time.perf_counter() - begun


def whole_pairs(learner: Learner, images: torch.Tensor, ids: torch.Tensor, mask: torch.Tensor) -> None:
    """The plain way: both encoders and the fusion, every token of it, for each pair."""
    backbone, scorer = learner.backbone, learner.objectives["retrieval"]
    fused = backbone.fusion(backbone.encode_text(ids, mask), mask.bool(), backbone.encode_image(images))
    scorer.head(backbone.fusion.pooled(fused))


def matrix(learner: Learner, images: torch.Tensor, ids: torch.Tensor, mask: torch.Tensor) -> None:
    """As m3ae/finetune/ranking.py does it."""
    tiles = encoded_tiles(learner, ids, mask)
    for start in range(0, len(images), ENCODED_AT_ONCE):
        for image in learner.backbone.encode_image(images[start : start + ENCODED_AT_ONCE]):
            score_texts(learner, image, tiles)


def as_launched() -> None:
    """Begin anew in the launcher's environment, which malloc reads when a process starts."""
    if not ALLOCATION.items() <= os.environ.items():
        os.execve(sys.executable, [sys.executable, "-m", "benchmarks.retrieval", *sys.argv[1:]], {**os.environ, **ALLOCATION})


@torch.no_grad()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=64, help="images, and as many texts")
    parser.add_argument("--sampled", type=int, default=64, help="pairs of the reference")
    parser.add_argument("--precision", choices=DTYPES, default="fp32")
    args = parser.parse_args()
    as_launched()
    learner = paper_learner()
    learner.objectives["retrieval"] = Retrieval(MODEL)
    learner.eval().to(DTYPES[args.precision])
    ids = torch.randint(5, VOCABULARY, (args.side, MODEL.text_tokens))
    mask = torch.ones_like(ids)
    images = torch.randn(args.side, 3, MODEL.image_px, MODEL.image_px).to(DTYPES[args.precision])
    pair = torch.randint(args.side, (2, args.sampled))

    def reference() -> None:
        for image, text in zip(pair[0].split(WHOLE_AT_ONCE), pair[1].split(WHOLE_AT_ONCE), strict=True):
            whole_pairs(learner, images[image], ids[text], mask[text])

    whole_pairs(learner, images[:2], ids[:2], mask[:2])  # warm
    a_pair = seconds(reference) / args.sampled
    ours = seconds(lambda: matrix(learner, images, ids, mask)) / args.side**2
    print("| precision | pairs | ms a pair, whole | ms a pair, in tiles | times |\n|:--|--:|--:|--:|--:|")
    print(f"| {args.precision} | {args.side} x {args.side} | {1000 * a_pair:.0f} | {1000 * ours:.0f} | {a_pair / ours:.2f} |")


if __name__ == "__main__":
    main()
