"""Loading images for training from shards, against decoding and resizing the original files as the authors' loader does.

python -m benchmarks.loader [--images 60] [--read-px 288 384]; one process, one thread; every ratio is of one and the same run.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torchvision import transforms

from benchmarks.prepare import PARAMS, choices, make_release
from m3ae.batches.images import CLIP_MEAN, CLIP_STD, to_tensor
from m3ae.prepare.release import prepare
from m3ae.releases.inventory import take_inventory
from m3ae.shards.read import Shards, open_split

PASSES = 5  # the median of so many counts
SMALL_PX = 400  # the longer side of the small originals
LARGEST_PX = 384  # what fine-tuning reads at `paper`, which stores PNG of this size for all stages: pre-training reads it at 288


def authors_loader(read_px: int) -> Callable[[Path], torch.Tensor]:
    """Original file -> (3, S, S): decoded, RGB, shorter side to S (bicubic), centre crop, normalised."""
    steps = transforms.Compose(
        [
            transforms.Resize(read_px, transforms.InterpolationMode.BICUBIC),
            transforms.CenterCrop(read_px),
            transforms.ToTensor(),
            transforms.Normalize(CLIP_MEAN, CLIP_STD),
        ]
    )

    def load(path: Path) -> torch.Tensor:
        with Image.open(path) as image:
            return steps(image.convert("RGB"))

    return load


def images_a_second(load: Callable[[object], torch.Tensor], items: list) -> float:
    """Median over `PASSES` passes; one pass before them fills the page cache."""
    rates = []
    for _ in range(1 + PASSES):
        begun = time.perf_counter()
        for item in items:
            load(item)
        rates.append(len(items) / (time.perf_counter() - begun))
    return sorted(rates[1:])[PASSES // 2]


def shrunk(release: Path) -> Path:
    """The same files, small ones."""
    for path in release.rglob("*.jpg"):
        with Image.open(path) as image:
            kind = image.format
            image.thumbnail((SMALL_PX, SMALL_PX))
            image.save(path, kind)
    return release


def compare(release: Path, folder: Path, read_px: int, title: str) -> None:
    """Print one row for the original files and one for each encoding and stored size."""
    files = sorted(release.rglob("*.jpg"))
    reference = images_a_second(authors_loader(read_px), files)
    print_row(title, "original files", read_px, reference, 1.0, sum(path.stat().st_size for path in files) / len(files), "")
    at_read_px = [(encoding, read_px) for encoding in ("raw", "png", "jpeg")]
    for encoding, stored_px in dict.fromkeys([*at_read_px, ("raw", LARGEST_PX), ("png", LARGEST_PX)]):
        out = folder / f"{encoding}-{stored_px}"
        params = PARAMS.model_copy(update={"encoding": encoding, "image_px": stored_px})
        prepare("roco", release, take_inventory(release), out, choices(params), 1, out.with_name("state"))
        train = open_split(out, "train")
        rate = images_a_second(lambda number, train=train: to_tensor(train.pixels(number), read_px), list(range(len(train))))
        size = sum(path.stat().st_size for path in out.glob("*.arrow")) / len(train)
        changed = levels_changed(open_split(folder / f"raw-{stored_px}", "train"), train)
        print_row(title, f"{encoding}, stored at {stored_px} px", read_px, rate, rate / reference, size, changed)


def levels_changed(raw: Shards, other: Shards) -> str:
    """What an encoding does to samples, in 8-bit levels: the mean and the largest change."""
    changes = [np.abs(raw.pixels(number).astype(int) - other.pixels(number)) for number in range(len(raw))]
    return f"{np.mean([change.mean() for change in changes]):.2f}, {max(change.max() for change in changes)}"


def print_row(title: str, form: str, read_px: int, rate: float, ratio: float, num_bytes: float, changed: str) -> None:
    print(f"| {title} | {form} | {read_px} | {rate:.0f} | {ratio:.1f} | {num_bytes / 1000:.0f} | {changed} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=60)
    parser.add_argument("--read-px", type=int, nargs="+", default=[288, 384])
    args = parser.parse_args()
    torch.set_num_threads(1)
    columns = ("originals", "form", "read at px", "images/s a core", "times the original", "kB an image", "levels changed: mean, most")
    print(f"| {' | '.join(columns)} |\n|:--|:--|--:|--:|--:|--:|--:|")
    for read_px in args.read_px:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            os.environ["DVC_ROOT"] = name
            release = make_release(folder / "roco", args.images)
            compare(release, folder / "large", read_px, "512 to 2,000 px")
            compare(shrunk(release), folder / "small", read_px, f"up to {SMALL_PX} px")


if __name__ == "__main__":
    main()
