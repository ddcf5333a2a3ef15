"""check: refuse a wrong params.yaml before anything starts on it."""

import argparse
from pathlib import Path

from m3ae.check import check
from m3ae.disk.folders import disk_errors_reported

VALID = "params.yaml is valid\n"  # the same for every valid file: what follows re-runs only where a value that it reads changed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()

    check(Path("params.yaml"), Path("dvc.yaml"))
    with disk_errors_reported(args.out):
        args.out.parent.mkdir(parents=True, exist_ok=True)
        args.out.write_text(VALID, encoding="utf-8")  # alike for all valid values: only the stages that read a changed one run


if __name__ == "__main__":
    main()
