"""How often the pre-trained matching head prefers an image's own caption to that of another image of the same kind of scan.

python -m benchmarks.captions, after the default run: it needs the records that `phantom` draws its images from. Over the validation images
of ROCO, each against up to four others of the same modality, region and plane; the interval is over images.
"""

import json
from pathlib import Path

import numpy as np
import polars as pl
import torch

from m3ae.batches.images import to_tensor
from m3ae.batches.tokenizer import Tokenizer
from m3ae.evaluate.intervals import score_interval
from m3ae.model.config import load_config
from m3ae.model.folder import load_weights
from m3ae.objectives.build import fill
from m3ae.objectives.itm import MATCH
from m3ae.objectives.learner import Learner
from m3ae.objectives.saved import saved_learner
from m3ae.shards.read import Shards, first_texts, open_split

SHARDS, RECORDS, MODEL = Path("data/shards/pretrain/roco"), Path("data/releases/roco/latent.jsonl"), Path("data/pretrain")
KIND = ("modality", "region", "plane")
MOST_OTHERS = 4


def main() -> None:
    config, tokenizer = load_config(MODEL), Tokenizer.load(MODEL)
    learner = saved_learner(config).eval()
    fill(learner, load_weights(MODEL))
    shards, kinds = open_split(SHARDS, "validation"), kinds_of_scans()
    rows = [row for row in range(len(shards)) if shards.row(row)["id"] in kinds]
    won = []
    for row in rows:
        kind, text = kinds[shards.row(row)["id"]], shards.row(row)["texts"][0]
        others = [other for other in rows if kinds[shards.row(other)["id"]] == kind and shards.row(other)["texts"][0] != text]
        others = np.random.default_rng(row).permutation(others)[:MOST_OTHERS].tolist()
        won += [
            (str(row), right) for right in wins(learner, tokenizer, shards, row, others, config.model.image_px, config.model.text_tokens)
        ]
    table = pl.DataFrame({"id": range(len(won)), "image_id": [image for image, _ in won], "right": [right for _, right in won]})
    low, high = score_interval([table])
    print(f"own caption preferred in {100 * table['right'].mean():.1f}% ({low:.1f} to {high:.1f}) of {len(won)} pairs, {len(rows)} images")


def kinds_of_scans() -> dict[str, tuple[str, ...]]:
    """Return the kind of scan of each image, by its id."""
    records = map(json.loads, RECORDS.read_text().splitlines())
    return {Path(record["image"]).stem: tuple(record[name] for name in KIND) for record in records}


@torch.no_grad()
def wins(learner: Learner, tokenizer: Tokenizer, shards: Shards, row: int, others: list[int], image_px: int, text_tokens: int) -> list[int]:
    """Return for each other row 1 where the image's own text scores higher than that row's, else 0."""
    texts = first_texts(shards)
    tokens = tokenizer([texts[number] for number in (row, *others)], text_tokens)
    text = learner.backbone.encode_text(tokens.ids, tokens.mask)
    image = learner.backbone.encode_image(to_tensor(shards.pixels(row), image_px)[None])
    scores = learner.objectives["itm"].scores(learner.backbone.fusion, text, tokens.mask, image)
    margins = scores[:, MATCH] - scores[:, 1 - MATCH]
    return (margins[0] > margins[1:]).int().tolist()


if __name__ == "__main__":
    main()
