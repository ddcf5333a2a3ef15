"""pretrain: reconstruct masked tokens and patches, match images with texts. Start it under torchrun or deepspeed."""

import argparse
import os
from pathlib import Path

from m3ae.disk.folders import disk_errors_reported
from m3ae.disk.identity import Identity
from m3ae.engine.processes import add_paths, join
from m3ae.engine.watch import watched
from m3ae.pretrain.params import Params
from m3ae.pretrain.stage import PretrainPaths, run
from m3ae.pretrain.training import PACKAGES


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_paths(parser, PretrainPaths._fields)
    parser.add_argument("--resume", type=Path, default=os.environ.get("M3AE_RESUME"), help="a folder of .state that lies elsewhere")
    args = parser.parse_args()
    params = Params.read(Path("params.yaml"))

    join()
    with watched(), disk_errors_reported(args.out):
        paths = PretrainPaths(**{name: getattr(args, name) for name in PretrainPaths._fields})
        run(params, paths, Identity.of("pretrain", PACKAGES), args.resume)


if __name__ == "__main__":
    main()
