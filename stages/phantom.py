"""phantom: parameters and a seed -> six synthetic releases in their published layouts; none where other releases are read."""

import os
from argparse import ArgumentParser
from pathlib import Path

from m3ae.params import Seed, StageParams
from m3ae.phantom.params import PhantomParams
from m3ae.phantom.writer import write_nothing, write_releases


class Params(StageParams):
    """What the synthetic releases depend on; the number of worker processes is no part of it."""

    seed: Seed
    releases: Path
    phantom: PhantomParams


def main(arguments: list[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder that receives one folder a release")
    parser.add_argument("--if-read", action="store_true", help="draw nothing where `releases` of params.yaml names another folder")
    args = parser.parse_args(arguments)
    out, params = args.out, Params.read(Path("params.yaml"))
    if args.if_read and params.releases.resolve() != out.resolve():
        write_nothing(out)
        print(f"phantom: nothing is drawn, for the releases are read in {params.releases}")
        return
    write_releases(out, params.phantom, params.seed, num_workers=len(os.sched_getaffinity(0)))
    print(f"phantom: synthetic releases in {out}")


if __name__ == "__main__":
    main()
