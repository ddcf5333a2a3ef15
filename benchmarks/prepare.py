"""How fast a release is prepared, what the time goes to, and how much memory it takes: JPEG and PNG files of 512 to 2,000 px.

python -m benchmarks.prepare [--images 1000 2000 4000] [--workers 1] [--encoding raw --image-px 288], or [--release ../shared/releases/roco]
for a release of ROCO's that is there; shares are of one and the same run. Of more than 200 images the
first 200 are different files and the others further names (hard links) of these, which the page cache then holds: the disk is not
measured, nor are more than 200 pictures.
"""

import argparse
import os
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import psutil

from benchmarks.pictures import smooth_noise
from m3ae.prepare import rows
from m3ae.prepare.params import PrepareParams
from m3ae.prepare.release import Choices, prepare
from m3ae.releases.inventory import SYNTHETIC, take_inventory

NUM_DIFFERENT = 200  # pictures; where more are asked for, the same files stand under further names
PARAMS = PrepareParams(
    image_px=288, encoding="raw", rows_per_shard=512, max_pixels=89_478_485, dicom_window="voi", min_words=3, validation_share=0.1
)
SAMPLE_S = 0.02  # between two looks at memory
FLOOR = ("load", "resized", "encoded")  # decoding, resizing, encoding


def make_release(folder: Path, num_images: int) -> Path:
    """ROCO's layout; two of three files are JPEG, the others PNG under the same name, as Pillow goes by content."""
    folder.mkdir(parents=True)
    (folder / SYNTHETIC).write_text("Smooth noise, for benchmarks.\n", encoding="utf-8")
    for split, numbers in (("train", range(num_images)), ("validation", range(0)), ("test", range(0))):
        radiology = folder / "data" / split / "radiology"
        (radiology / "images").mkdir(parents=True)
        (radiology / "captions.txt").write_text(
            "".join(f"ROCO_{n:05d}\t chest radiograph number {n} of many\n" for n in numbers), encoding="utf-8"
        )
        for number in numbers:
            path = radiology / "images" / f"ROCO_{number:05d}.jpg"
            if number < NUM_DIFFERENT:
                smooth_noise(number).save(path, "PNG" if number % 3 == 0 else "JPEG", quality=90)
            else:
                os.link(path.with_name(f"ROCO_{number % NUM_DIFFERENT:05d}.jpg"), path)
    return folder


def choices(params: PrepareParams) -> Choices:
    return Choices(0, "strict", "by_protocol", (), ("en",), "p_meth_label", (), params)


class Stopwatch:
    """The time in some of a module's functions, while it is in their place."""

    def __init__(self):
        self.seconds = dict.fromkeys(FLOOR, 0.0)

    @contextmanager
    def watching(self):
        originals = {name: getattr(rows, name) for name in FLOOR}
        for name, function in originals.items():
            setattr(rows, name, self.timed(name, function))
        try:
            yield self
        finally:
            for name, function in originals.items():
                setattr(rows, name, function)

    def timed(self, name: str, function):
        def call(*arguments):
            begun = time.perf_counter()
            try:
                return function(*arguments)
            finally:
                self.seconds[name] += time.perf_counter() - begun

        return call


class PeakMemory:
    """The largest sum of private memory (USS, bytes) of this process and its children, without mapped files and shared libraries."""

    def __enter__(self) -> "PeakMemory":
        self.bytes, self.done = 0, Event()
        self.thread = Thread(target=self.watch)
        self.thread.start()
        return self

    def watch(self) -> None:
        while not self.done.wait(SAMPLE_S):
            self.bytes = max(self.bytes, sum(map(private_bytes, [psutil.Process(), *psutil.Process().children(recursive=True)])))

    def __exit__(self, *_error) -> None:
        self.done.set()
        self.thread.join()


def private_bytes(process: psutil.Process) -> int:
    try:
        return process.memory_full_info().uss
    except psutil.Error:
        return 0  # it has just ended


def measure(release: Path, params: PrepareParams, workers: int, folder: Path) -> str:
    found, watch = take_inventory(release), Stopwatch()
    with PeakMemory() as memory, watch.watching():
        begun = time.perf_counter()
        num_images = prepare("roco", release, found, folder / "out", choices(params), workers, folder / "state")["kept"]
        seconds = time.perf_counter() - begun
    cells = [num_images, f"{num_images / seconds / workers:.1f}", f"{memory.bytes / 2**20:.0f}"]
    cells += [f"{100 * watch.seconds[name] / seconds:.0f}%" for name in FLOOR] + [f"{100 * sum(watch.seconds.values()) / seconds:.0f}%"]
    return "| " + " | ".join(map(str, cells if workers == 1 else cells[:3] + ["–"] * 4)) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, nargs="+", default=[1000, 2000, 4000])
    parser.add_argument("--workers", type=int, default=1, help="shares of the time are known with 1 alone")
    parser.add_argument("--encoding", default=PARAMS.encoding)
    parser.add_argument("--image-px", type=int, default=PARAMS.image_px)
    parser.add_argument("--release", type=Path)
    args = parser.parse_args()
    params = PARAMS.model_copy(update={"encoding": args.encoding, "image_px": args.image_px})
    if not args.release:
        print(f"(at most {NUM_DIFFERENT} of the images are different files; the others are hard links to them, under further names)\n")
    print("| images | images/s a core | peak MiB | decoding | resizing | encoding | together |\n|--:|--:|--:|--:|--:|--:|--:|")
    for num_images in [0] if args.release else args.images:
        with tempfile.TemporaryDirectory() as folder:
            os.environ["DVC_ROOT"] = folder
            release = args.release or make_release(Path(folder, "roco"), num_images)
            print(measure(release, params, args.workers, Path(folder)), flush=True)


if __name__ == "__main__":
    main()
