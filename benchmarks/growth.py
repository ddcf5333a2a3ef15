"""What grows with the number of pairs, and what breaks first: seconds and memory of what reads every pair, modelled to 24 million.

python -m benchmarks.growth [--rows 10000 100000] [--to 24000000] [--memory-gib 64] [--dvc]

A made-up release of the user's own pairs whose images are hard links to some hundred small pictures, and a task of other pictures. Each
part is a process of its own: its processor seconds, and the most anonymous memory above what it began with; mapped shards are no part of
it. `--dvc` also measures DVC's own look at the release's files. No disk is measured, for the page cache holds the pictures, and a real
one takes longer to decode. A line through the two largest numbers of rows is extrapolated; what grew faster than they did, by its power.
"""

import argparse
import json
import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from math import log
from pathlib import Path
from threading import Event, Thread
from typing import NamedTuple

import numpy as np

from benchmarks.pictures import smooth_noise
from benchmarks.prepare import PARAMS, choices
from benchmarks.tables import table
from m3ae.batches.excluded import NOTHING
from m3ae.batches.samples import Samples
from m3ae.leaks.audit import audit
from m3ae.prepare.release import prepare
from m3ae.releases.inventory import take_inventory
from m3ae.shards.read import open_split
from m3ae.shards.write import write_absent
from m3ae.tasks import TASKS

NUM_PICTURES = 300
SIDES_PX = (40, 64)
SAMPLE_S = 0.05
NUM_ASKED = 300  # questions of the task, about a picture each
FILES_A_FOLDER = 1000
COLUMNS = ("part", "rows", "processor seconds", "peak MiB")
MAX_EXPONENT = 1.15  # what grows faster than this power of the rows is no line
NUM_READ = 2560  # pairs, as ten steps of 256 read them
STORED = PARAMS.model_copy(update={"image_px": 32, "encoding": "zstd", "rows_per_shard": 8192})


class Cost(NamedTuple):
    seconds: float
    bytes: int


class Job(NamedTuple):
    """The folders of one number of rows."""

    folder: Path

    @property
    def release(self) -> Path:
        return self.folder / "releases/own"

    @property
    def shards(self) -> Path:
        return self.folder / "shards"


def make_releases(folder: Path, num_rows: int) -> None:
    """Write the user's own pairs, their images links to a few pictures, and VQA-RAD's layout with pictures that none of them is."""
    own, asked = folder / "releases/own", folder / "releases/vqa_rad"
    for place in (own, asked / "images"):
        place.mkdir(parents=True)
    pictures = [own / f"picture-{number}.png" for number in range(NUM_PICTURES)]
    for number, path in enumerate(pictures):
        smooth_noise(number, SIDES_PX).save(path)
    with (own / "manifest.jsonl").open("w", encoding="utf-8") as manifest:
        for number in range(num_rows):
            image = own / f"images/{number // FILES_A_FOLDER:05d}/{number:08d}.png"
            image.parent.mkdir(parents=True, exist_ok=True)
            os.link(pictures[number % NUM_PICTURES], image)
            row = {"id": f"pair-{number:08d}", "image": image.relative_to(own).as_posix(), "split": "train"}
            words = f"axial image {number} of the abdomen with a lesion of {number % 97} mm in the liver"
            manifest.write(json.dumps({**row, "patient": f"patient-{number // 4:08d}", "texts": [words, f"see figure {number}"]}) + "\n")
    questions = [question(asked / "images", number) for number in range(NUM_ASKED)]
    for split, part in (("train", questions[::2]), ("test", questions[1::2])):
        (asked / f"{split}set.json").write_text(json.dumps(part), encoding="utf-8")


def question(images: Path, number: int) -> dict[str, object]:
    smooth_noise(NUM_PICTURES + number, SIDES_PX).save(images / f"{number}.jpg", "PNG")
    words = f"is there a lesion of {number} mm in the liver"
    return {"qid": number, "image_name": f"{number}.jpg", "question": words, "answer": "yes", "answer_type": "CLOSED"}


def take_it(job: Job) -> None:
    take_inventory(job.release)


def prepare_it(job: Job) -> None:
    written(job, "own", "pretrain/own")


def written(job: Job, name: str, place: str) -> None:
    release = job.folder / "releases" / name
    prepare(name, release, take_inventory(release), job.shards / place, choices(STORED), 1, job.folder / "state" / name)


def prepare_tasks(job: Job) -> None:
    written(job, "vqa_rad", "tasks/vqa_rad")
    for name in TASKS.keys() - {"vqa_rad"}:
        write_absent(job.shards / "tasks" / name, name)


def audit_it(job: Job) -> None:
    audit(job.shards, ("own",))


def read_pairs(job: Job) -> None:
    samples = Samples([open_split(job.shards / "pretrain/own", "train")], NOTHING)
    for number in np.random.default_rng(0).integers(0, len(samples), NUM_READ).tolist():
        shards, row, _ = samples[number]
        shards.row(row), shards.pixels(row)


def look_with_dvc(job: Job) -> None:
    """Hash every file as DVC does for a dependency that it has not seen."""
    from dvc_data.hashfile.build import build
    from dvc_data.hashfile.db.local import LocalHashFileDB
    from dvc_data.hashfile.state import StateNoop
    from dvc_objects.fs.local import LocalFileSystem

    files = LocalFileSystem()
    store = LocalHashFileDB(files, str(job.folder / "cache"), state=StateNoop())
    build(store, str(job.release), files, "md5", dry_run=True)


PARTS: dict[str, Callable[[Job], None]] = {
    "inventory": take_it,
    "prepare": prepare_it,
    "leaks": audit_it,
    "samples and 2,560 pairs": read_pairs,
}


class PeakMemory:
    """The most anonymous memory (bytes) of this process above what it had; mapped files are no part of it."""

    def __enter__(self) -> "PeakMemory":
        self.before, self.bytes, self.done = anonymous_bytes(), 0, Event()
        self.thread = Thread(target=self.watch)
        self.thread.start()
        return self

    def watch(self) -> None:
        while not self.done.wait(SAMPLE_S):
            self.bytes = max(self.bytes, anonymous_bytes() - self.before)

    def __exit__(self, *_error: object) -> None:
        self.bytes = max(self.bytes, anonymous_bytes() - self.before)
        self.done.set()
        self.thread.join()


def anonymous_bytes() -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith("RssAnon"))


def cost(part: Callable[[Job], None], job: Job) -> Cost:
    """Return what a part takes in this process."""
    begun = time.process_time()
    with PeakMemory() as memory:
        part(job)
    return Cost(time.process_time() - begun, memory.bytes)


def apart(part: Callable[[Job], None], job: Job) -> Cost:
    """Return what a part takes in a process of its own."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(cost, part, job).result()


def measured(num_rows: int, parts: dict[str, Callable[[Job], None]]) -> dict[str, Cost]:
    with tempfile.TemporaryDirectory() as name:
        job = Job(Path(name))
        make_releases(job.folder, num_rows)
        costs = {}
        for title, part in parts.items():
            if part is audit_it:
                apart(prepare_tasks, job)
            costs[title] = apart(part, job)
        return costs


def extrapolated(rows: Sequence[int], values: Sequence[float], to: int) -> float:
    """Return the value at `to` rows: on the line through the last two or, where it grew faster than that, by their power."""
    (few, many), (small, large) = rows[-2:], values[-2:]
    exponent = log(max(large, 1e-9) / max(small, 1e-9)) / log(many / few)
    if exponent > MAX_EXPONENT:
        return large * (to / many) ** exponent
    return large + max(0.0, large - small) / (many - few) * (to - many)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000], help="at least two numbers")
    parser.add_argument("--to", type=int, default=24_000_000)
    parser.add_argument("--memory-gib", type=float, default=64, help="of the machine that is to do it")
    parser.add_argument("--dvc", action="store_true")
    args = parser.parse_args()
    rows = sorted(set(args.rows))
    if len(rows) < 2:
        parser.error("--rows: two different numbers are needed for a line through them")
    parts = PARTS | ({"DVC's look at the release": look_with_dvc} if args.dvc else {})
    found = [measured(number, parts) for number in rows]
    print(table([*COLUMNS, f"hours at {args.to:,}", f"GiB at {args.to:,}"], lines(rows, found, args.to)))
    needs = {title: extrapolated(rows, [part[title].bytes for part in found], args.to) / 2**30 for title in parts}
    first = max(needs, key=needs.__getitem__)
    verdict = "breaks first" if needs[first] > args.memory_gib else "takes the most memory, and fits"
    print(f"of a machine with {args.memory_gib:g} GiB, {first} {verdict}: {needs[first]:.0f} GiB")


def lines(rows: Sequence[int], found: Sequence[dict[str, Cost]], to: int) -> Iterator[list[str]]:
    """Yield the table's lines, the largest number of rows of each part with what is modelled."""
    for title in found[0]:
        costs = [part[title] for part in found]
        hours = extrapolated(rows, [cost.seconds for cost in costs], to) / 3600
        gib = extrapolated(rows, [cost.bytes for cost in costs], to) / 2**30
        for number, cost in zip(rows, costs, strict=True):
            modelled = [f"{hours:.1f}", f"{gib:.1f}"] if number == rows[-1] else ["", ""]
            yield [title, f"{number:,}", f"{cost.seconds:.1f}", f"{cost.bytes / 2**20:.0f}", *modelled]


if __name__ == "__main__":
    main()
