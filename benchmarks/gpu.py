"""What this project does on one GPU: one table a section, in Markdown, and all of it as JSON.

python -m benchmarks.gpu [--sections step loader] [--minutes 7.5] [--json gpu.json] [--toy]

`--minutes` are shared out between the sections; each is a process of its own, ended when its share is up. One that fails, is ended or has
no memory left is a row that says so. No network, no DVC, no data: pairs are made up, weights are random. `--toy` runs it at
`scale: test`, on a CPU too. docs/gpus.md: what a machine needs that has torch alone.
"""

import argparse
import json
import os
import signal
import tempfile
import time
import traceback
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

from benchmarks.gpu_section import NOTE, Job, Row, Section, in_short, processes
from benchmarks.tables import table
from m3ae.disk.json import write_json_exactly

RATES = ("pairs/s", "least", "most")
SECTIONS = {
    "versions": Section("Machine", ("what", "value"), 2, 0.04, "benchmarks.gpu_machine:versions"),
    "matrices": Section("Matrix products", ("type", "side", "TFLOP/s", "least", "most"), 1, 0.04, "benchmarks.gpu_machine:matrices"),
    "step": Section(
        "A step of pre-training",
        ("way", "ZeRO", "micro-batch", "tokens", "TFLOP a pair", *RATES, "MFU", "peak GB", "forecast GB", "peak / forecast"),
        3,
        0.38,
        "benchmarks.gpu_step:rows",
    ),
    "kernels": Section("Kernels", ("way", "what", "a micro-batch", "ms a micro-batch"), 2, 0.12, "benchmarks.gpu_kernels:rows"),
    "loader": Section("The loader", ("pairs", "workers", "what", *RATES), 3, 0.12, "benchmarks.gpu_loader:rows"),
    "resume": Section(
        "Killed and resumed",
        (
            "algorithms",
            "training",
            "killed after step",
            "went on from",
            "repeated: same bits",
            "largest difference, repeated",
            "resumed: same bits",
            "largest difference, resumed",
            "operators without a deterministic kernel",
        ),
        2,
        0.12,
        "benchmarks.gpu_resume:rows",
    ),
    "retrieval": Section("Retrieval, every pair", ("images x texts", "s", "pairs/s"), 1, 0.12, "benchmarks.gpu_retrieval:rows"),
    "demo": Section("GPU against CPU", ("figure", "CPU", "GPU", "GPU - CPU"), 1, 0.1, "benchmarks.gpu_demo:rows"),
}
MINUTES = 7.5
ENDING = 2  # seconds between the end of a section's own time and its process's


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sections", nargs="+", choices=list(SECTIONS), default=list(SECTIONS), metavar="NAME", help=", ".join(SECTIONS))
    parser.add_argument("--minutes", type=float, default=MINUTES, help="of all sections together")
    parser.add_argument("--json", type=Path, default=Path("gpu.json"), help="where the same goes as JSON")
    parser.add_argument("--toy", action="store_true", help="at the smallest size, on a CPU too: says nothing of any speed")
    args = parser.parse_args()
    chosen = {name: SECTIONS[name] for name in args.sections}
    if processes().get_start_method() == "fork":
        for section in chosen.values():
            resolve_name(section.rows)  # once for all
    run(chosen, args.toy, time.time() + 60 * args.minutes, args.json)


def run(sections: dict[str, Section], toy: bool, ends: float, out: Path) -> None:
    """Carry out the sections one after the other; print each one's table, and write everything anew, as soon as it is there."""
    found: dict[str, Any] = {}
    left = sum(section.share for section in sections.values())
    for name, section in sections.items():
        begun = time.time()
        budget = (ends - begun) * section.share / left
        left -= section.share
        rows = carried_out(section, Job(toy, begun + budget))
        print(f"### {section.title}\n\n{markdown(section, rows)}", flush=True)
        found[name] = {"title": section.title, "seconds": time.time() - begun, "rows": rows}
        write_json_exactly(out, {"toy": toy, "sections": found})


def carried_out(section: Section, job: Job) -> list[Row]:
    """Return the section's rows, with one more where its process failed or had to be ended."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "rows.jsonl")
        process: Any = processes().Process(target=work, args=(section.rows, job, path))
        process.start()
        process.join(max(0, job.ends + ENDING - time.time()))
        was_ended = process.is_alive()
        end(process)
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    rows = [json.loads(line) for line in lines]
    if was_ended:
        rows.append({NOTE: "ended: the section's time is up"})
    elif process.exitcode:
        rows.append({NOTE: f"failed: its process ended with {process.exitcode}"})
    return rows


def end(process: Any) -> None:
    """End the section's process, where it still runs, and all that it has started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.join()


def work(rows: str, job: Job, path: Path) -> None:
    """Write the section's rows, each as soon as it is there; what libraries print is kept from the tables."""
    os.setsid()
    os.dup2(2, 1)
    with path.open("w", encoding="utf-8") as file:
        try:
            for row in resolve_name(rows)(job):
                print(json.dumps(row), file=file, flush=True)
        except (Exception, SystemExit) as error:
            traceback.print_exc()
            print(json.dumps({NOTE: in_short(error)}), file=file, flush=True)


def markdown(section: Section, rows: Iterable[Row]) -> str:
    columns = (*section.columns, NOTE)
    return table(columns, ([cell(row.get(column)) for column in columns] for row in rows), section.num_named)


def cell(value: str | bool | int | float | None) -> str:
    if value is None or isinstance(value, str):
        return "–" if value is None else value
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,.0f}" if isinstance(value, int) or abs(value) >= 100 else f"{value:.3g}"


if __name__ == "__main__":
    main()
