"""inventory: one small digest file a release, found or not, for `prepare` to depend on."""

import argparse
from pathlib import Path

from m3ae.disk.folders import disk_errors_reported
from m3ae.releases.inventory import write_inventory


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("releases", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    args = parser.parse_args()

    with disk_errors_reported(args.out):
        write_inventory(args.releases, args.out)


if __name__ == "__main__":
    main()
