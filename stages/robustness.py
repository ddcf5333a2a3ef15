"""robustness: every task's models on its test split once more, with images and texts spoilt or missing. Nothing is trained."""

import argparse
from pathlib import Path

from m3ae.disk.folders import disk_errors_reported
from m3ae.engine.processes import add_paths, join
from m3ae.engine.watch import watched
from m3ae.evaluate.robustness import RobustnessPaths, run
from m3ae.params import Seed, StageParams
from m3ae.perturb.grid import GRIDS
from m3ae.perturb.params import GridName
from m3ae.prepare.params import RetrieveParams


class Params(StageParams):
    robustness: GridName
    tasks: tuple[str, ...]
    seeds: tuple[Seed, ...]
    retrieve: RetrieveParams


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_paths(parser, RobustnessPaths._fields)
    args = parser.parse_args()
    params = Params.read(Path("params.yaml"))

    join()
    with watched(), disk_errors_reported(args.out):
        paths = RobustnessPaths(**{name: getattr(args, name) for name in RobustnessPaths._fields})
        run(params.tasks, params.seeds, GRIDS[params.robustness], paths, params.retrieve.rerank)


if __name__ == "__main__":
    main()
