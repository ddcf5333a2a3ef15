"""finetune: one task with one seed, from the pre-trained model and from scratch, under the same recipe."""

import argparse
from pathlib import Path

from m3ae.params import StageParams
from m3ae.training.downstream import DownstreamPaths, run
from m3ae.training.launch import join
from m3ae.training.params import DeepSpeedParams, FinetuneParams
from m3ae.training.watch import watched


class Params(StageParams):
    deepspeed: DeepSpeedParams
    finetune: FinetuneParams


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--task", required=True)
    parser.add_argument("--seed", type=int, required=True)
    for name in ("shards", "pretrained", "out", "metrics"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--local_rank", type=int, help="given by the deepspeed launcher; the environment says the same")
    args = parser.parse_args()
    params = Params.read(Path("params.yaml"), task=args.task)

    join()
    with watched():
        run(args.task, args.seed, params.finetune, params.deepspeed, DownstreamPaths(args.shards, args.pretrained, args.out, args.metrics))


if __name__ == "__main__":
    main()
