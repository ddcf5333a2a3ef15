"""inventory: one small digest file a release, found or not, for `prepare` to depend on."""

import argparse
from pathlib import Path

from m3ae.params import StageParams
from m3ae.releases.inventory import write_inventory


class Params(StageParams):
    image_folders: tuple[Path, ...]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("releases", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    args = parser.parse_args()

    write_inventory(args.releases, args.out, Params.read(Path("params.yaml")).image_folders)


if __name__ == "__main__":
    main()
