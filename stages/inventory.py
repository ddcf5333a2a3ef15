"""inventory: one small digest file a release, found or not, for `prepare` to depend on."""

import argparse
from pathlib import Path

from m3ae.params import StageParams
from m3ae.releases.inventory import write_inventory


class Params(StageParams):
    releases: Path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--releases", type=Path, help="the folder that holds the releases; default: `releases` of params.yaml")
    args = parser.parse_args()

    write_inventory(args.releases or Params.read(Path("params.yaml")).releases, args.out)


if __name__ == "__main__":
    main()
