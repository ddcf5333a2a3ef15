"""evaluate: the fine-tuned model of one task and seed, and the one from scratch, on the test split. Nothing is trained."""

import argparse
from pathlib import Path

from m3ae.disk.folders import disk_errors_reported
from m3ae.engine.processes import add_paths, join
from m3ae.engine.watch import watched
from m3ae.evaluate.stage import EvaluatePaths, run
from m3ae.params import StageParams
from m3ae.prepare.params import RetrieveParams
from m3ae.tasks import TASKS


class Params(StageParams):
    retrieve: RetrieveParams


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--task", choices=TASKS, required=True)
    parser.add_argument("--seed", type=int, required=True)
    add_paths(parser, EvaluatePaths._fields)
    args = parser.parse_args()
    params = Params.read(Path("params.yaml"))

    join()
    with watched(), disk_errors_reported(args.out):
        name = f"{args.task}-{args.seed}"
        models = (args.finetuned / name, args.baseline / name)
        paths = EvaluatePaths(args.shards / args.task, *models, args.out / name, args.metrics / f"{name}.json")
        run(args.task, args.seed, paths, params.retrieve.rerank)


if __name__ == "__main__":
    main()
