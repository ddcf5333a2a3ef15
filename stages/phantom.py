"""Stage `phantom`: parameters and a seed -> six synthetic releases in their published layouts."""

import os
from argparse import ArgumentParser
from pathlib import Path

from m3ae.disk.folders import disk_errors_reported
from m3ae.params import Seed, StageParams
from m3ae.phantom.params import PhantomParams
from m3ae.phantom.writer import write_releases


class Params(StageParams):
    """What the synthetic releases depend on; the number of worker processes is no part of it."""

    seed: Seed
    phantom: PhantomParams


def main(arguments: list[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder that receives one folder a release")
    out = parser.parse_args(arguments).out
    params = Params.read(Path("params.yaml"))
    with disk_errors_reported(out):
        write_releases(out, params.phantom, params.seed, num_workers=len(os.sched_getaffinity(0)))
    print(f"phantom: synthetic releases in {out}")


if __name__ == "__main__":
    main()
