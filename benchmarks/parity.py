"""Ours against the authors' recorded numbers: python benchmarks/parity.py PREFIX. Exit status 1 if a row fails."""

import argparse
import sys
from pathlib import Path

from benchmarks.recording import compare


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("prefix", type=Path, help="the start that the recording's files share: ../shared/golden/golden")
    rows = compare(parser.parse_args().prefix)
    width = max(len(row.name) for row in rows)
    for row in rows:
        print(f"{row.name:{width}}  {row.difference:9.2e}  {'ok' if row.passes else 'FAILS'}")
    failing = sum(not row.passes for row in rows)
    print(f"{len(rows) - failing} of {len(rows)} rows pass")
    sys.exit(failing > 0)


if __name__ == "__main__":
    main()
