"""sample_pairs: ROCO's shards to those of the retrieval task, with the pairs that it is validated and tested on."""

import argparse
from pathlib import Path

from m3ae.params import Seed, StageParams
from m3ae.prepare.params import RetrieveParams
from m3ae.prepare.sample_pairs import sample_pairs
from m3ae.protocol import Protocol


class Params(StageParams):
    seed: Seed
    protocol: Protocol
    retrieve: RetrieveParams


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("shards", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    args = parser.parse_args()
    params = Params.read(Path("params.yaml"))

    sample_pairs(args.shards, args.out, params.protocol, params.retrieve.num_pairs, params.seed)


if __name__ == "__main__":
    main()
