"""Whole batches of pre-training from shards, against what the authors' data set and collator do with the original files.

python -m benchmarks.loader [--release ../shared/real/roco] [--images 60]; times are of one process and one thread, in seconds of the
processor, so that what else runs disturbs them least. All ways take turns, `ROUNDS` times; a ratio is of one turn. Without a release the
images are made up, 512 to 2,000 px. `first` is an epoch whose texts are not encoded yet; `later` has them in memory; `on the CPU` adds to
it what otherwise the device does: resizing to what is read, and normalising.
"""

import argparse
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median

import torch

from benchmarks.authors_batches import TEXT_RATIO, AuthorsBatches
from benchmarks.prepare import PARAMS, choices, make_release
from benchmarks.tables import table
from m3ae.batches.pairs import PairBatches, PairView
from m3ae.batches.tokenizer import Tokenizer, train
from m3ae.prepare.release import prepare
from m3ae.pretrain.params import Params
from m3ae.releases.inventory import take_inventory
from m3ae.releases.readers import roco
from m3ae.releases.record import Record, Split
from m3ae.shards.read import open_split

ROUNDS = 5
NUM_BATCHES = 2  # a turn
READ_PX, TEXT_TOKENS, PAD_TO, MICRO_BATCH, NUM_PATCHES = 288, 64, 8, 32, 324  # as in scales/paper.yaml
VOCABULARY = 30_000
STORED = (("raw", 288), ("zstd", 384), ("png", 384))


def original_pairs(release: Path) -> list[tuple[Path, str]]:
    """Each training image that can be opened beside each of its texts, shuffled."""
    records = (record for record in roco.read(release) if isinstance(record, Record))
    pairs = [(one.image, text) for one in records if one.split is Split.TRAIN and one.image.is_file() for text in one.texts]
    random.Random(0).shuffle(pairs)
    return pairs


def stored_pairs(release: Path, out: Path, encoding: str, stored_px: int, tokenizer: Tokenizer, view: PairView) -> PairBatches:
    params = PARAMS.model_copy(update={"encoding": encoding, "image_px": stored_px})
    prepare("roco", release, take_inventory(release), out, choices(params), 1, out.with_name("state"))
    return PairBatches([open_split(out, "train")], tokenizer, view, 0)


def seconds(work: Callable[[int], object], numbers: Iterable[int]) -> float:
    begun = time.process_time()
    for number in numbers:
        work(number)
    return time.process_time() - begun


def turns(reference: AuthorsBatches, ways: dict[str, PairBatches]) -> dict[tuple[str, str], list[float]]:
    """Return the ratios of each way's batches in each state, a turn each."""
    for batches in (reference, *ways.values()):
        batches[0]  # what is read once
    ratios: dict[tuple[str, str], list[float]] = {}
    for turn in range(ROUNDS):
        numbers = range(1 + turn * NUM_BATCHES, 1 + (turn + 1) * NUM_BATCHES)
        plain = seconds(reference.__getitem__, numbers)
        for name, batches in ways.items():
            batches.tokens.lengths[:] = 0
            first = seconds(batches.__getitem__, numbers)
            later = seconds(batches.__getitem__, numbers)
            made = [batches[number] for number in numbers]
            device = seconds(lambda place, batches=batches, made=made: batches.shown(made[place]), range(NUM_BATCHES))
            for state, spent in (("first", first), ("later", later), ("on the CPU", later + device)):
                ratios.setdefault((name, state), []).append(plain / spent)
            print(f"{name}: {plain:.2f} s against {first:.3f}, {later:.3f} and {device:.3f} on the device", flush=True)
    return ratios


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--release", type=Path, help="a ROCO release; made-up images where none is named")
    parser.add_argument("--images", type=int, default=60, help="made-up ones")
    args = parser.parse_args()
    torch.set_num_threads(1)
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    with tempfile.TemporaryDirectory() as name:
        os.environ["DVC_ROOT"] = name
        release = args.release or make_release(Path(name, "roco"), args.images)
        pairs = original_pairs(release)
        tokenizer = Tokenizer(train((text for _, text in pairs), VOCABULARY))
        method = Params.read(Path("params.yaml")).model_copy(update={"text_mask_ratio": TEXT_RATIO, "negatives": "batch"})
        view = PairView(MICRO_BATCH, 1, READ_PX, NUM_PATCHES, TEXT_TOKENS, PAD_TO, 0, method)
        ways = {f"{kind}, {px} px": stored_pairs(release, Path(name, f"{kind}-{px}"), kind, px, tokenizer, view) for kind, px in STORED}
        ratios = turns(AuthorsBatches(pairs, tokenizer.fast, READ_PX, TEXT_TOKENS, MICRO_BATCH), ways)
    rows = [[*key, *(f"{of(values):.1f}" for of in (min, median, max))] for key, values in ratios.items()]
    print(table(["stored", "texts", "least", "median", "most"], rows, 2))


if __name__ == "__main__":
    main()
