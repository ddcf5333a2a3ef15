"""controls: classifiers that know the question or the image alone, or the frozen pre-trained features, on each task's test split."""

import argparse
from pathlib import Path

from m3ae.disk.folders import disk_errors_reported
from m3ae.disk.json import write_json
from m3ae.engine.processes import add_paths, is_first, join
from m3ae.engine.watch import watched
from m3ae.evaluate.classifiers import CONTROLS
from m3ae.evaluate.controls import controls
from m3ae.evaluate.scores import in_a_line
from m3ae.params import StageParams


class Params(StageParams):
    pretrained: Path
    tasks: tuple[str, ...]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_paths(parser, ("shards", "out", "metrics"))
    args = parser.parse_args()
    params = Params.read(Path("params.yaml"))

    join()
    with watched(), disk_errors_reported(args.out):
        figures = controls(params.tasks, args.shards, params.pretrained, args.out)
        if is_first():
            write_json(args.metrics, figures)
            for task, found in figures.items():
                print(in_a_line(f"controls: {task}", {name: found[name] for name in CONTROLS if name in found}))


if __name__ == "__main__":
    main()
