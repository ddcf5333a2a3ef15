"""The table of docs/data-card.md is what the catalogue says."""

from pathlib import Path

from m3ae.releases.catalogue import CATALOGUE, Release
from m3ae.report.markdown import line

ROOT = Path(__file__).parents[2]
OWN = ("own", "own_vqa", "own_classification")  # what users bring: nothing is known of it


def row(release: Release) -> str:
    counts = " / ".join(f"{count:,} {split.value}" for split, count in release.records.items())
    rows = f"{release.rows:,}" if release.rows else "not stated"
    return line((release.name, release.title, counts or rows, release.licence, release.terms))


def test_every_published_release_has_its_row():
    page = (ROOT / "docs/data-card.md").read_text()
    expected = "\n".join(row(release) for name, release in CATALOGUE.items() if name not in OWN)
    assert f"| :-- | :-- | :-- | :-- | :-- |\n{expected}\n" in page
