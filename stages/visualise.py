"""visualise: reconstructions at several mask ratios, and where the words of test questions look, for the report. Nothing is trained."""

import argparse
from pathlib import Path

from m3ae.disk.folders import disk_errors_reported
from m3ae.engine.processes import add_paths, join
from m3ae.engine.watch import watched
from m3ae.params import Seed, StageParams
from m3ae.visualise.stage import VisualisePaths, run


class Params(StageParams):
    pretrained: Path
    pretrain_releases: tuple[str, ...]
    tasks: tuple[str, ...]
    seeds: tuple[Seed, ...]
    seed: Seed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_paths(parser, VisualisePaths._fields)
    args = parser.parse_args()
    params = Params.read(Path("params.yaml"))

    join()
    with watched(), disk_errors_reported(args.out):
        paths = VisualisePaths(**{name: getattr(args, name) for name in VisualisePaths._fields})
        run(params.pretrained, params.pretrain_releases, params.tasks, params.seeds, params.seed, paths)


if __name__ == "__main__":
    main()
