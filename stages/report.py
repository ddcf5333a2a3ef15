"""report: what a run left behind to one HTML page, the tables of README and docs/, and a summary; beside them, its commit and machine."""

import argparse
from pathlib import Path

from m3ae.disk.folders import disk_errors_reported
from m3ae.disk.json import write_json
from m3ae.params import Sources
from m3ae.report.confusion import write_pairs
from m3ae.report.inputs import Inputs
from m3ae.report.measured import Asked
from m3ae.report.page import write_report
from m3ae.report.run_record import write_run_record


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("data", "out", "summary", "confusion"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    args = parser.parse_args(arguments)
    sources = Sources.load(Path("params.yaml"))

    settings = sources.contents[sources.path] | {sources.scale_path.as_posix(): sources.scale}
    with disk_errors_reported(args.out):
        write_json(args.summary, write_report(Inputs(args.data), settings, args.out))
        write_pairs(Inputs(args.data), Asked.of(settings), args.confusion)
        write_run_record(args.data / "live")
    print((args.out / "scores.md").read_text(encoding="utf-8"))
    print(f"report: {(args.out / 'index.html').resolve()}")


if __name__ == "__main__":
    main()
