"""evaluate: the fine-tuned model of one task and seed, and the one from scratch, on the test split. Nothing is trained."""

import argparse

from m3ae.engine.processes import add_paths, join
from m3ae.engine.watch import watched
from m3ae.evaluate.stage import EvaluatePaths, run
from m3ae.tasks import TASKS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--task", choices=TASKS, required=True)
    parser.add_argument("--seed", type=int, required=True)
    add_paths(parser, EvaluatePaths._fields)
    args = parser.parse_args()

    join()
    with watched():
        name = f"{args.task}-{args.seed}"
        models = (args.finetuned / name, args.baseline / name)
        run(args.task, args.seed, EvaluatePaths(args.shards / args.task, *models, args.out / name, args.metrics / f"{name}.json"))


if __name__ == "__main__":
    main()
