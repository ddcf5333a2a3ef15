"""The pairs found, as a picture for people to judge: each image of a task under the image that it matches."""

from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from m3ae.leaks.audit import Audit, Comparison
from m3ae.shards.thumbnail import thumbnail

CELL_PX, TEXT_PX, MARGIN_PX, COLUMNS, MOST_PAIRS = 150, 52, 8, 6, 24
INK, PAPER = "#1f2933", "white"


def draw_sheet(path: Path, found: Audit, synthetic: bool) -> None:
    """Write a PNG of up to MOST_PAIRS pairs; a line of text alone where there are none."""
    shown = found.images.head(MOST_PAIRS).to_dicts()
    title = f"{len(found.images):,} pairs found, {len(shown)} shown" + (" (synthetic data)" if synthetic else "")
    lines = max(1, -(-len(shown) // COLUMNS))
    sheet = Image.new("RGB", (COLUMNS * (CELL_PX + MARGIN_PX) + MARGIN_PX, 24 + lines * height()), PAPER)
    ImageDraw.Draw(sheet).text((MARGIN_PX, 6), title, INK)
    comparisons = {key(part): part for part in found.comparisons}
    for place, row in enumerate(shown):
        corner = MARGIN_PX + place % COLUMNS * (CELL_PX + MARGIN_PX), 24 + place // COLUMNS * height()
        draw_pair(sheet, corner, comparisons[row["pretrain_release"], row["pretrain_split"], row["task"], row["split"]], row)
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(path)


def height() -> int:
    return 2 * CELL_PX + TEXT_PX + MARGIN_PX


def key(part: Comparison) -> tuple[str | None, str, str, str]:
    return None if part.is_inside else part.first.name, part.first.split, part.second.name, part.second.split


def draw_pair(sheet: Image.Image, corner: tuple[int, int], part: Comparison, row: dict[str, Any]) -> None:
    left, top = corner
    for images, name in ((part.first, row["pretrain_image_id"]), (part.second, row["image_id"])):
        sheet.paste(thumbnail(images.shards.pixels(images.row_of(name)), (CELL_PX, CELL_PX - 4)), (left, top))
        top += CELL_PX
    words = (
        f"{part.first.name} {part.first.split}",
        row["pretrain_id"],
        f"{part.second.name} {part.second.split}",
        f"{row['image_id']}: {row['kind']} {row['similarity']:.3f}",
    )
    for number, line in enumerate(words):
        ImageDraw.Draw(sheet).text((left, top + 12 * number), line[-26:], INK)
