"""align: train the encoders by contrast before pre-training, where the recipe says so; else write a file that holds no weight."""

import argparse
import os
from pathlib import Path

from safetensors import serialize_file

from m3ae.disk.folders import disk_errors_reported
from m3ae.disk.json import write_json
from m3ae.pretrain.params import Params

NO_WEIGHTS = {"weights": "none: the recipe has no stage before pre-training"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("shards", "tokenizer", "excluded", "encoders", "out", "metrics"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--local_rank", type=int, help="given by the deepspeed launcher; the environment says the same")
    args = parser.parse_args()
    params = Params.read(Path("params.yaml"))

    with disk_errors_reported(args.out):
        if params.recipe_params.aligns_first:
            train(params, args)
        elif os.environ.get("RANK", "0") == "0":
            serialize_file({}, args.out, NO_WEIGHTS)
            write_json(args.metrics, {})
            print(f"align: nothing is trained, for the recipe {params.recipe} has no stage before pre-training")


def train(params: Params, args: argparse.Namespace) -> None:
    from m3ae.disk.identity import Identity  # what trains takes seconds to load, and most recipes need none of it here
    from m3ae.engine.processes import join
    from m3ae.engine.watch import watched
    from m3ae.pretrain.align import AlignPaths, run
    from m3ae.pretrain.training import PACKAGES

    join()
    with watched():
        paths = AlignPaths(**{name: getattr(args, name) for name in AlignPaths._fields})
        run(params, paths, Identity.of("align", PACKAGES))


if __name__ == "__main__":
    main()
