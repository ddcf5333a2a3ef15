"""hold_out: ROCO's shards to those of the retrieval task, with its held-out pairs."""

import argparse
from pathlib import Path

from m3ae.params import StageParams
from m3ae.retrieval.hold_out import hold_out
from m3ae.retrieval.params import RetrieveParams


class Params(StageParams):
    seed: int
    retrieve: RetrieveParams


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("shards", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    args = parser.parse_args()
    params = Params.read(Path("params.yaml"))

    hold_out(args.shards, args.out, params.retrieve.num_pairs, params.seed)


if __name__ == "__main__":
    main()
