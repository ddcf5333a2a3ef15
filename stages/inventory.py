"""inventory: one small digest file a release, found or not, for `prepare` to depend on."""

import argparse
from pathlib import Path

from m3ae.disk.folders import disk_errors_reported
from m3ae.params import StageParams
from m3ae.releases.inventory import write_inventory


class Params(StageParams):
    releases: Path
    image_folders: tuple[Path, ...]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--releases", type=Path, help="the folder that holds the releases; default: `releases` of params.yaml")
    args = parser.parse_args()

    params = Params.read(Path("params.yaml"))
    with disk_errors_reported(args.out):
        write_inventory(args.releases or params.releases, args.out, params.image_folders)


if __name__ == "__main__":
    main()
