"""Ranking every image with every text at paper widths, against scoring sampled pairs whole; and what a first pass keeps of a ranking.

python -m benchmarks.retrieval [--side 64] [--sampled 64] [--at-once 1 4] [--repeats 5] [--precision fp32|bf16]; one process, all cores, in
the environment that stages/launch.py makes. Each repetition times every way once, one after the other.

python -m benchmarks.retrieval --model data/pretrain --shards data/shards/tasks/roco_retrieval [--rerank 8 16 32 64 128]
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
import torch

from benchmarks.paper_scale import MODEL, VOCABULARY, paper_learner
from benchmarks.tables import table
from m3ae.batches.tokenizer import Tokenizer
from m3ae.engine.processes import join
from m3ae.evaluate.zero_shot import matching_learner
from m3ae.finetune.ranking import ENCODED_AT_ONCE, IMAGES_A_TILE, nearest, rank
from m3ae.model.config import load_config
from m3ae.objectives.every_pair import encode_texts, score_pairs
from m3ae.objectives.learner import Learner
from m3ae.objectives.retrieval import Retrieval
from m3ae.objectives.saved import loaded_learner
from m3ae.shards.read import first_texts, open_split
from stages.launch import ALLOCATION

WHOLE_AT_ONCE = 8  # pairs that the reference scores side by side
DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}
Ways = dict[str, tuple[Callable[[], object], int]]  # by name: what is timed, and the pairs that it scores


def seconds(function: Callable[[], object]) -> float:
    begun = time.perf_counter()
    function()
    return time.perf_counter() - begun


def whole_pairs(learner: Learner, images: torch.Tensor, ids: torch.Tensor, mask: torch.Tensor) -> None:
    """The plain way: both encoders and the fusion, every token of it, for each pair."""
    backbone, scorer = learner.backbone, learner.objectives["retrieval"]
    fused = backbone.fusion(backbone.encode_text(ids, mask), mask.bool(), backbone.encode_image(images))
    scorer.head(backbone.fusion.pooled(fused))


def matrix(learner: Learner, images: torch.Tensor, ids: torch.Tensor, mask: torch.Tensor, images_at_once: int) -> torch.Tensor:
    """As m3ae/finetune/ranking.py does it."""
    scorer = partial(learner.objectives["retrieval"].scores, learner.backbone.fusion)
    texts = encode_texts(learner.backbone, ids, mask)
    blocks = map(learner.backbone.encode_image, images.split(ENCODED_AT_ONCE))
    return torch.cat([score_pairs(scorer, block, texts, images_at_once) for block in blocks]).cpu()


def speed(ways: Ways, repeats: int) -> str:
    """Return a table of the ways, the first of which is the reference, timed in turns."""
    rounds = [{name: 1000 * seconds(way) / pairs for name, (way, pairs) in ways.items()} for _ in range(repeats)]
    reference, *_ = ways
    rows = []
    for name in ways:
        taken, times = sorted(one[name] for one in rounds), sorted(one[reference] / one[name] for one in rounds)
        rows.append([name, *(f"{ms:.1f}" for ms in (taken[0], median(taken), taken[-1])), f"{median(times):.2f}"])
    return table(["way", "ms a pair, least", "median", "most", "times the reference, median"], rows)


@torch.no_grad()
def timed(side: int, sampled: int, at_once: Sequence[int], repeats: int, precision: str) -> str:
    learner = paper_learner()
    learner.objectives["retrieval"] = Retrieval(MODEL)
    learner.eval().to(DTYPES[precision])
    ids = torch.randint(5, VOCABULARY, (side, MODEL.text_tokens))
    mask = torch.ones_like(ids)
    images = torch.randn(side, 3, MODEL.image_px, MODEL.image_px).to(DTYPES[precision])
    pair = torch.randint(side, (2, sampled))

    def reference() -> None:
        for image, text in zip(pair[0].split(WHOLE_AT_ONCE), pair[1].split(WHOLE_AT_ONCE), strict=True):
            whole_pairs(learner, images[image], ids[text], mask[text])

    whole_pairs(learner, images[:2], ids[:2], mask[:2])  # warm
    tiles = {f"tiles, {number} images each": (partial(matrix, learner, images, ids, mask, number), side**2) for number in at_once}
    return speed({"whole": (reference, sampled), **tiles}, repeats)


def kept(model: Path, shards: Path, reranks: Sequence[int]) -> str:
    """Return a table of what the first pass keeps of the fusion's ranking of a test split, in percent of the queries."""
    join()
    config, test = load_config(model), open_split(shards, "test")
    learner = loaded_learner(model, config) if config.kind == "retrieve" else matching_learner(model, config)
    captions = first_texts(test)
    ranked = partial(rank, learner, test, Tokenizer.load(model), config.model.image_px, config.model.text_tokens)
    whole, rows = ranked(), []
    for rerank in reranks:
        found = ranked(rerank)
        for way, of_all, of_kept, places, expected in zip(
            ("image to text", "text to image"), whole, found, found.places(captions), whole.places(captions), strict=True
        ):
            best = np.take_along_axis(nearest(of_kept, rerank), of_all.argmax(axis=1)[:, None], axis=1)
            right = [100 * np.mean(np.less(ranks, most)) for ranks, most in ((places, rerank), (places, 1), (expected, 1))]
            rows.append([way, str(rerank), *(f"{share:.1f}" for share in (100 * rerank / len(test), 100 * best.mean(), *right))])
    return table(["way", "kept", "chance", "the fusion's best is kept", "a right one is kept", "R@1", "R@1 without"], rows)


def as_launched() -> None:
    """Begin anew in the launcher's environment, which malloc reads when a process starts."""
    if not ALLOCATION.items() <= os.environ.items():
        os.execve(sys.executable, [sys.executable, "-m", "benchmarks.retrieval", *sys.argv[1:]], {**os.environ, **ALLOCATION})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=64, help="images, and as many texts")
    parser.add_argument("--sampled", type=int, default=64, help="pairs of the reference")
    parser.add_argument("--at-once", type=int, nargs="+", default=list(IMAGES_A_TILE.values()), help="images of a tile")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--precision", choices=DTYPES, default="fp32")
    parser.add_argument("--model", type=Path, help="a pre-trained or retrieval model, to see what a first pass keeps")
    parser.add_argument("--shards", type=Path, help="a folder of shards, whose test split it ranks")
    parser.add_argument("--rerank", type=int, nargs="+", default=[8, 16, 32, 64, 128])
    args = parser.parse_args()
    as_launched()
    if args.model:
        print(kept(args.model, args.shards, args.rerank))
    else:
        print(timed(args.side, args.sampled, args.at_once, args.repeats, args.precision))


if __name__ == "__main__":
    main()
