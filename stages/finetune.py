"""finetune, baseline: one task with one seed, from a pre-trained model or from an architecture alone, under the same recipe."""

import argparse
from pathlib import Path

from m3ae.disk.folders import disk_errors_reported
from m3ae.disk.identity import code_digest
from m3ae.engine.params import DeepSpeedParams
from m3ae.engine.processes import add_paths, join
from m3ae.engine.watch import watched
from m3ae.finetune.params import FinetuneParams, recipe_of
from m3ae.finetune.stage import FinetunePaths, Run, run
from m3ae.params import StageParams
from m3ae.tasks import TASKS


class Params(StageParams):
    """What both read."""

    deepspeed: DeepSpeedParams
    finetune: FinetuneParams


class PretrainedParams(Params):
    """What `finetune` reads; `baseline` is told on its command line what it starts from, and follows no other model folder."""

    pretrained: Path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--task", choices=TASKS, required=True)
    parser.add_argument("--seed", type=int, required=True)
    add_paths(parser, ("shards", "out", "metrics", "curve"))
    parser.add_argument("--initial", type=Path, help="the folder to start from; default: `pretrained` of params.yaml")
    args = parser.parse_args()
    kind = Params if args.initial else PretrainedParams
    params = kind.read(Path("params.yaml"), task=args.task, finetune=recipe_of(args.task))

    join()
    with watched(), disk_errors_reported(args.out):
        this = Run(args.task, args.seed, params.finetune, params.deepspeed, code_digest("finetune"))
        name, initial = f"{args.task}-{args.seed}", params.pretrained if isinstance(params, PretrainedParams) else args.initial
        files = args.metrics / f"{name}.json", args.curve / f"{name}.csv"
        run(this, FinetunePaths(args.shards / args.task, initial, args.out / name, *files))


if __name__ == "__main__":
    main()
