"""What pre-training is worth on real data: on ROCO, on ROCO and own pairs, on own pairs with more words masked, not at all.

python -m benchmarks.real --releases FOLDER runs each arm as an experiment (`dvc exp run --temp`), fine-tuned on VQA-Med-2019 and VQA-RAD
with three seeds, and writes what the runs say to docs/real: a table, a figure, and each arm's metrics and dvc.lock. What has run is not
run again; `--collect` runs nothing. An arm takes 30 minutes on two cores at scale `small`. A model that is pre-trained on `own` pairs that
tell training answers has seen those, and nothing of validation or test. A tokenizer is of its arm, and so are the runs from scratch.
"""

import argparse
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from matplotlib.figure import Figure

from benchmarks.differences import Difference, drawn
from benchmarks.experiments import read, read_bytes, refuse_changes, run
from benchmarks.tables import table
from m3ae.disk.json import write_json
from m3ae.tasks import TASKS

ARMS = {
    "roco": ("pretrain_releases=[roco]",),
    "roco and own": ("pretrain_releases=[roco,own]",),
    "own, text ratio 0.4": ("pretrain_releases=[own]", "text_mask_ratio=0.4"),
}
TESTED = ("vqa_med_2019", "vqa_rad")
METRICS = ("report", "controls", "leaks", "pretrain")
CONTROLS = ("question_only", "image_only", "nearest_neighbours", "linear_probe")
COLUMNS = (
    "Pre-trained on",
    "Task",
    "Split",
    "From scratch",
    "Pre-trained",
    "Gain",
    "Question only",
    "Image only",
    "Nearest neighbours",
    "Linear probe",
)
OUT = Path("docs/real")


class Gain(NamedTuple):
    """A task's scores on one split, percent right, means over seeds; the interval is that of the paired gain."""

    arm: str
    task: str
    split: str
    scratch: float
    pretrained: float
    gain: float
    low: float
    high: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--releases", type=Path, help="the folder that holds them")
    parser.add_argument("--arms", nargs="+", choices=list(ARMS), default=list(ARMS), metavar="ARM", help=", ".join(ARMS))
    parser.add_argument("--set", nargs="+", default=[], metavar="KEY=VALUE", help="of every arm: scale=paper")
    parser.add_argument("--collect", action="store_true", help="run nothing; write what has run")
    args = parser.parse_args()
    if not args.collect:
        if not args.releases:
            parser.error("--releases is missing: the folder that holds roco, own, vqa_med_2019 and vqa_rad")
        refuse_changes()
        for arm in args.arms:
            run(name(arm), [*settings(args.releases), *ARMS[arm], *args.set])
    for arm in ARMS:
        keep(arm, OUT)
    write(OUT)


def settings(releases: Path, tasks: Sequence[str] = TESTED, seeds: Sequence[int] = (0, 1, 2)) -> list[str]:
    return [
        f"releases={releases.resolve()}",
        "scale=small",
        f"tasks=[{','.join(tasks)}]",
        f"seeds=[{','.join(map(str, seeds))}]",
        "drop_leaks=true",
    ]


def name(arm: str) -> str:
    return f"real-{re.sub('[^a-z0-9]+', '-', arm)}"


def keep(arm: str, out: Path) -> None:
    """Copy what an arm's run left: its metrics and the digests of everything that it read and wrote. Nothing where it has not run."""
    for metric in METRICS:
        if content := read(name(arm), f"data/metrics/{metric}.json"):
            write_json(out / name(arm) / f"{metric}.json", content)
    if lock := read_bytes(name(arm), "dvc.lock"):
        (out / name(arm) / "dvc.lock").write_bytes(portable(lock))


def portable(lock: bytes) -> bytes:
    """Return a dvc.lock in which the folder of the releases is called `releases`, wherever it lay."""
    _, folder, _ = re.split(rb"^ +releases: (.+)$", lock, maxsplit=1, flags=re.MULTILINE)
    return lock.replace(folder, b"releases")


def write(out: Path) -> None:
    """Write table and figure of the arms whose metrics lie in `out`."""
    found = [gain for arm in ARMS for gain in gains(arm, out)]
    text = markdown(found, {arm: kept(out, arm, "controls") for arm in ARMS})
    (out / "table.md").write_text(text, encoding="utf-8")
    figure(found).savefig(out / "real.png", dpi=160, metadata={"Software": None})


def kept(out: Path, arm: str, metric: str) -> dict[str, Any]:
    path = out / name(arm) / f"{metric}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def gains(arm: str, out: Path) -> list[Gain]:
    tasks = kept(out, arm, "report").get("tasks", {})
    splits = (
        (task, split, tasks[task] if split == "test" else tasks[task]["validation"]) for task in tasks for split in ("validation", "test")
    )
    return [
        Gain(arm, task, split, scores["scratch"], scores["pretrained"], scores["gain"], **scores["gain_interval"])
        for task, split, scores in splits
    ]


def markdown(found: list[Gain], controls: dict[str, dict[str, Any]]) -> str:
    return table(COLUMNS, (cells(gain, controls[gain.arm].get(gain.task, {})) for gain in found), num_named=3)


def cells(gain: Gain, controls: dict[str, Any]) -> list[str]:
    """Return a row of the table; controls are of the test split alone."""
    beside = [f"{controls[control]['overall']:.1f}" if gain.split == "test" and control in controls else "–" for control in CONTROLS]
    between = f"{gain.gain:+.1f} ({gain.low:+.1f} to {gain.high:+.1f})"
    return [gain.arm, TASKS[gain.task].title, gain.split, f"{gain.scratch:.1f}", f"{gain.pretrained:.1f}", between, *beside]


def figure(found: list[Gain]) -> Figure:
    """Draw each gain with its interval."""
    rows = [(f"{gain.arm}: {TASKS[gain.task].title}, {gain.split}", Difference(gain.gain, (gain.low, gain.high))) for gain in found]
    return drawn(rows, "pre-trained above from scratch, points (95% interval over images and seeds)")


if __name__ == "__main__":
    main()
