"""What a release tells of its test rows beside question and answer: kind of question, modality, region."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from m3ae.releases.readers.published import first_present, json_rows, split_files
from m3ae.releases.readers.vqa_rad import SINGLE_FILE
from m3ae.releases.record import Split

LATENT = "latent.jsonl"  # what phantom drew, an image a line
PUBLISHED = {  # by release: columns of its rows
    "vqa_rad": {"question_type": "Kind of question", "image_organ": "Region"},
    "slake": {"content_type": "Kind of question", "modality": "Modality", "location": "Region"},
}


class Category(NamedTuple):
    """A way to tell rows apart: `of` returns what (id, image_id) is, None where it is not known."""

    title: str
    of: Callable[[str, str], str | None]


def categories(release: str, folder: Path) -> list[Category]:
    """Return the categories of the test rows of the release in `folder`; none where it tells none, or is not there."""
    found = {category.title: category for category in (*drawn(folder), *published(release, folder))}
    if release == "vqa_med_2019":
        found["Kind of question"] = Category("Kind of question", lambda row, _: row.rpartition("-")[0])
    return [found[title] for title in ("Kind of question", "Modality", "Region") if title in found]


def published(release: str, folder: Path) -> Iterator[Category]:
    path = test_file(release, folder) if release in PUBLISHED else None
    rows = json_rows(path) if path else []
    by_id = {str(row.get("qid") or f"row {number}"): row for number, row in enumerate(rows, start=1)}
    for column, title in PUBLISHED.get(release, {}).items():
        values = {name: spelled(row[column]) for name, row in by_id.items() if row.get(column)}
        if values:
            yield Category(title, by_row(values))


def by_row(values: dict[str, str]) -> Callable[[str, str], str | None]:
    return lambda row, _image: values.get(row)


def by_image(images: dict[str, dict[str, Any]], column: str) -> Callable[[str, str], str | None]:
    return lambda _row, image: spelled(images[image][column]) if image in images else None


def test_file(release: str, folder: Path) -> Path | None:
    """Return the file of test rows as the release's own reader finds it; None where there is none, as in a copy from the hub."""
    if release == "slake":
        return split_files(first_present(folder, "Slake1.0", "Slake") or folder, "*.json").get(Split.TEST)
    return split_files(folder, "*set.json", "*.json").get(Split.TEST) or first_present(folder, SINGLE_FILE)


def drawn(folder: Path) -> Iterator[Category]:
    """Yield what is known of synthetic images."""
    path = folder / LATENT
    if not path.is_file():
        return
    images = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    by_name = {name: image for image in images for name in names(Path(image["image"]))}
    for column, title in (("modality", "Modality"), ("region", "Region")):
        yield Category(title, by_image(by_name, column))


def names(path: Path) -> tuple[str, ...]:
    """Return what releases call an image: the name of its file with or without its ending, or with its folder's."""
    return path.stem, path.name, f"{path.parent.name}/{path.name}"


def spelled(value: Any) -> str:
    return str(value).strip().lower()
