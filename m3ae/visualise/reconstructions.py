"""What the pre-trained model makes of validation images of which more and more is hidden."""

from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from PIL import Image

from m3ae.ask.opened import Opened
from m3ae.ask.reconstruct import Reconstruction, reconstruct
from m3ae.engine.processes import gathered, is_first, process_share
from m3ae.progress import followed
from m3ae.shards.read import Shards, open_split
from m3ae.visualise.rows import as_image, spread
from m3ae.visualise.similarity import ssim

MASK_RATIOS = (0.25, 0.5, 0.75, 0.9)
NUM_MEASURED, SHOWN_EACH = 50, 10  # images, of which every tenth is shown
GAP_PX = 4


def draw_reconstructions(model: Path, shards: Sequence[Path], seed: int, out: Path) -> dict[str, Any]:
    """Write a strip of PNG for the originals and two for each mask ratio: what is seen, and what is made of it.

    Return {"num_images", "shown": their ids, "rows": [{"mask_ratio", "loss", "ssim"}]}, means over `num_images`, or {"missing": why}.
    The loss is MIM's, in the squared units of its normalised target. The captions are read with the images, as in pre-training.
    """
    opened = Opened.open(model)
    if "mim" not in opened.config.objectives:
        return {"missing": f"{model} was not trained to reconstruct pixels"}
    chosen = rows_of([open_split(folder, "validation") for folder in shards])
    if not chosen:
        return {"missing": "no release that was pre-trained on has validation images"}
    own = followed([*enumerate(chosen)][process_share()], "visualise", "image", len(chosen[process_share()]), is_first())
    found = gathered([reconstructed(opened, *row, seed + place) for place, row in own])
    measured = [measured_row(ratio, rows) for ratio, rows in zip(MASK_RATIOS, zip(*found, strict=True), strict=True)]
    if is_first():
        write_strips(found[::SHOWN_EACH], out)
    return {"num_images": len(found), "shown": [part.row(row)["image_id"] for part, row in chosen[::SHOWN_EACH]], "rows": measured}


def rows_of(splits: Sequence[Shards]) -> list[tuple[Shards, int]]:
    """Return `NUM_MEASURED` rows, evenly spread over all splits laid end to end."""
    everything = [(part, row) for part in splits for row in range(len(part))]
    return [everything[place] for place in spread(len(everything), NUM_MEASURED)]


def reconstructed(opened: Opened, shards: Shards, row: int, seed: int) -> list[Reconstruction]:
    return reconstruct(opened, as_image(shards.pixels(row)), shards.row(row)["texts"][0], MASK_RATIOS, seed)


def measured_row(ratio: float, rows: Sequence[Reconstruction]) -> dict[str, float]:
    similarity = fmean(ssim(row.original, row.reconstructed) for row in rows)
    return {"mask_ratio": ratio, "loss": fmean(row.loss for row in rows), "ssim": similarity}


def write_strips(shown: Sequence[list[Reconstruction]], out: Path) -> None:
    write_strip([rows[0].original for rows in shown], out / "original.png")
    for place, ratio in enumerate(MASK_RATIOS):
        write_strip([rows[place].seen for rows in shown], out / f"seen-{100 * ratio:g}.png")
        write_strip([rows[place].reconstructed for rows in shown], out / f"reconstructed-{100 * ratio:g}.png")


def write_strip(pictures: Sequence[np.ndarray], path: Path) -> None:
    """Write pictures, uint8 (S, S, 3), side by side, with gaps that show what lies behind."""
    side = pictures[0].shape[0]
    strip = Image.new("RGBA", (len(pictures) * (side + GAP_PX) - GAP_PX, side))
    for place, picture in enumerate(pictures):
        strip.paste(Image.fromarray(picture), (place * (side + GAP_PX), 0))
    path.parent.mkdir(parents=True, exist_ok=True)
    strip.save(path)
