"""How often the pre-trained matching head prefers an image's own caption to that of another image of the same kind of scan.

python -m benchmarks.captions, after the default run: it needs the records that `phantom` draws its images from. Over the validation images
of ROCO, each against up to four others of the same modality, region and plane; the interval is over images.
"""

import json
from pathlib import Path

import numpy as np
import polars as pl
import torch
from torch import Tensor

from m3ae.batches.images import to_tensor
from m3ae.batches.tokenizer import Tokenizer, Tokens
from m3ae.evaluate.intervals import score_interval
from m3ae.model.config import load_config
from m3ae.objectives.itm import MATCH
from m3ae.objectives.learner import Learner
from m3ae.objectives.saved import loaded_learner
from m3ae.shards.read import first_texts, open_split

SHARDS, RECORDS, MODEL = Path("data/shards/pretrain/roco"), Path("data/releases/roco/latent.jsonl"), Path("data/pretrain")
KIND = ("modality", "region", "plane")
MOST_OTHERS = 4


def main() -> None:
    config, tokenizer = load_config(MODEL), Tokenizer.load(MODEL)
    learner = loaded_learner(MODEL, config).eval()
    shards, kinds = open_split(SHARDS, "validation"), kinds_of_scans()
    texts, ids = first_texts(shards), [shards.row(row)["id"] for row in range(len(shards))]
    rows = [row for row, name in enumerate(ids) if name in kinds]
    won = []
    for row in rows:
        alike = [other for other in rows if kinds[ids[other]] == kinds[ids[row]] and texts[other] != texts[row]]
        others = np.random.default_rng(row).permutation(alike)[:MOST_OTHERS].tolist()
        tokens = tokenizer([texts[number] for number in (row, *others)], config.model.text_tokens)
        image = to_tensor(shards.pixels(row), config.model.image_px)
        won += [{"image_id": ids[row], "right": right} for right in wins(learner, tokens, image)]
    table = pl.DataFrame(won).with_row_index("id")
    low, high = score_interval([table])
    print(
        f"own caption preferred in {100 * table['right'].mean():.1f}% ({low:.1f} to {high:.1f}) of {len(table)} pairs, {len(rows)} images"
    )


def kinds_of_scans() -> dict[str, tuple[str, ...]]:
    """Return the kind of scan of each image, by its id."""
    records = map(json.loads, RECORDS.read_text(encoding="utf-8").splitlines())
    return {Path(record["image"]).stem: tuple(record[name] for name in KIND) for record in records}


@torch.no_grad()
def wins(learner: Learner, tokens: Tokens, image: Tensor) -> list[int]:
    """Return for each text but the first, which is the image's own, 1 where the own one scores higher, else 0."""
    text = learner.backbone.encode_text(tokens.ids, tokens.mask)
    scores = learner.objectives["itm"].scores(learner.backbone.fusion, text, tokens.mask, learner.backbone.encode_image(image[None]))
    margins = scores[:, MATCH] - scores[:, 1 - MATCH]
    return (margins[0] > margins[1:]).int().tolist()


if __name__ == "__main__":
    main()
