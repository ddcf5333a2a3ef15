"""The loader beside the training that it feeds: pairs a second from shards that are made on the spot, and of training from them.

Pictures are smooth noise, few different ones, which the page cache holds; captions are made-up words, as many as radiology's have.
"""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np

from benchmarks.gpu_section import Job, Row, spread
from benchmarks.gpu_sizes import PaddedBatches, Sizes, engine_of, sizes_of
from benchmarks.gpu_step import timed
from benchmarks.paper_scale import TOKENS_A_WORD, lengths
from benchmarks.pictures import smooth_noise
from m3ae.batches.numbered import Batches
from m3ae.batches.pairs import PairBatch, PairBatches, PairView
from m3ae.batches.tokenizer import Tokenizer, train
from m3ae.engine.engine import Engine
from m3ae.engine.processes import join, num_loader_workers
from m3ae.prepare.images import resized
from m3ae.prepare.params import Encoding
from m3ae.releases.record import Split
from m3ae.shards import format as shard
from m3ae.shards.pixels import encoded
from m3ae.shards.read import Shards, open_split
from m3ae.shards.write import ShardWriter

WORKERS = "M3AE_LOADER_WORKERS"
NUM_WARM = 1  # steps of training before those that are timed
BATCHES_A_RATE = 8
AHEAD = 2  # batches that each of torch's workers makes before it is asked
PICTURE_PX = (400, 500)
NUM_WORDS, LETTERS = 2_000, 7


def rows(job: Job) -> Iterator[Row]:
    sizes = sizes_of(job.toy)
    join()
    with tempfile.TemporaryDirectory() as folder, engine_of(sizes.learner(), sizes.recipe, sizes.params) as engine:
        for encoding, image_px in forms(sizes):
            shards = write(Path(folder, f"{encoding}-{image_px}"), sizes, encoding, image_px)
            batches = pair_batches(shards, sizes)
            for workers in dict.fromkeys((0, num_loader_workers())):
                named = {"pairs": f"{encoding}, stored at {image_px} px", "workers": str(workers)}
                yield attempt(job, named | {"what": "loading"}, lambda batches=batches: loaded(engine, batches, sizes.num_timed))
            yield attempt(job, named | {"what": "training"}, lambda batches=batches: trained(engine, batches, sizes.num_timed))
        ready = PaddedBatches(sizes, sizes.recipe.micro_batch)
        yield attempt(job, {"pairs": "in memory", "workers": "0", "what": "training"}, lambda: trained(engine, ready, sizes.num_timed))


def forms(sizes: Sizes) -> list[tuple[Encoding, int]]:
    """Return how pictures are stored: as the scale has it, and raw at the size that is read."""
    return list(dict.fromkeys([(sizes.prepare.encoding, sizes.prepare.image_px), ("raw", sizes.params.model.image_px)]))


def attempt(job: Job, named: Row, measure: Callable[[], list[float]]) -> Row:
    """Measure with the loader's workers that `named` says, where the engine looks for their number."""
    os.environ[WORKERS] = named["workers"]
    try:
        return job.attempt(named, lambda: spread("pairs/s", measure()))
    finally:
        del os.environ[WORKERS]


def loaded(engine: Engine, batches: Batches[PairBatch], num_timed: int) -> list[float]:
    """Return the pairs a second that training's own loader hands over while nobody trains, those that were ready left out."""
    ready = 1 + AHEAD * num_loader_workers()
    loader = iter(engine.loader(batches, list(range(ready + num_timed * BATCHES_A_RATE + ready))))
    for _ in islice(loader, ready):
        pass
    rates = []
    for _ in range(num_timed):
        begun = time.perf_counter()
        num_pairs = sum(len(batch.text_ids) for batch in islice(loader, BATCHES_A_RATE))
        rates.append(num_pairs / (time.perf_counter() - begun))
    return rates


def trained(engine: Engine, batches: Batches[PairBatch], num_timed: int) -> list[float]:
    """Return the pairs a second of training steps."""
    times = list(timed(engine.train(batches, 0, NUM_WARM + num_timed)))
    return [engine.recipe.batch / seconds for seconds in times[NUM_WARM:]]


def pair_batches(shards: Shards, sizes: Sizes) -> PairBatches:
    """Return the shards' pairs as pre-training reads them, by a tokenizer that is trained on their captions."""
    model, recipe = sizes.params.model, sizes.recipe
    texts = [text for row in range(len(shards)) for text in shards.row(row)["texts"]]
    in_a_step = recipe.micro_batch, recipe.num_cut_together
    view = PairView(*in_a_step, model.image_px, model.num_patches, model.text_tokens, recipe.pad_to, 0, sizes.params)
    return PairBatches([shards], Tokenizer(train(texts, sizes.params.tokenizer.vocabulary)), view, order_seed=0)


def write(folder: Path, sizes: Sizes, encoding: Encoding, image_px: int) -> Shards:
    folder.mkdir()
    pictures = [resized(smooth_noise(number, PICTURE_PX), image_px) for number in range(sizes.num_pictures)]
    images = [(encoded(pixels, encoding), pixels.shape) for pixels in pictures]
    with ShardWriter(folder, shard.Header("roco", True, encoding, image_px, sizes.prepare.rows_per_shard)) as writer:
        for number, caption in enumerate(captions(sizes.num_rows)):
            content, shape = images[number % len(images)]
            name = f"picture {number}"
            writer.write(shard.Row(name, name, [caption], [], "", "", True, content, *shape, bytes(shard.HASH_BYTES), Split.TRAIN))
    return open_split(folder, "train")


def captions(number: int) -> list[str]:
    """Return texts of made-up words, as long as radiology's."""
    random = np.random.default_rng(0)
    words = ["".join(map(chr, ord("a") + random.integers(26, size=LETTERS))) for _ in range(NUM_WORDS)]
    nums = (lengths(number) / TOKENS_A_WORD).long().clamp(min=1).tolist()
    return [" ".join(words[place] for place in random.integers(NUM_WORDS, size=num)) for num in nums]
