"""Which images are compared, and how many proposals wait at once."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from benchmarks.pictures import framed, scan, stored
from m3ae.leaks import images as module
from m3ae.leaks import split_images as split_images_module
from m3ae.leaks import texts
from m3ae.leaks.audit import Audit, Comparison
from m3ae.leaks.hashes import Proposal
from m3ae.leaks.images import Match, compare
from m3ae.leaks.split_images import SplitImages
from m3ae.prepare.fingerprint import fingerprint
from m3ae.prepare.images import load, resized
from m3ae.releases.record import Split
from m3ae.shards.format import Header, Row
from m3ae.shards.read import open_split
from m3ae.shards.write import ShardWriter
from tests.shared import SHARED, needs_real

REAL = SHARED / "real"
RAMP = np.tile(np.arange(96, dtype=np.uint8), (96, 1))[..., None]  # its hash has as few bits as a blank's


def split_images(folder: Path, pictures: list[np.ndarray]) -> SplitImages:
    folder.mkdir()
    with ShardWriter(folder, Header(folder.name, True, "raw", 96, 4096)) as shards:
        for number, pixels in enumerate(pictures):
            shards.write(
                Row(
                    f"row {number}",
                    f"{folder.name}-{number}",
                    ["a text"],
                    [],
                    "",
                    "",
                    True,
                    pixels.tobytes(),
                    *pixels.shape,
                    fingerprint(pixels),
                    Split.TRAIN,
                )
            )
    return SplitImages(folder.name, folder.name, open_split(folder, "train"))


def image_ids(images: SplitImages) -> list[str]:
    return images.values("image_id", range(len(images.rows)))


def real_twins() -> dict[str, tuple[Path, Path]]:
    """VQA-Med-2019's name -> its image of the validation and test split that MedPix 2.0 has, too, and that one."""
    asked = {path.stem: path for folder in ("*Validation", "*Test") for path in (REAL / "vqa_med_2019").glob(f"{folder}/*mages/*.jpg")}
    twins = {}
    for links in (REAL / "roco").glob("*/radiology/dlinks.txt"):
        for line in links.read_text().splitlines():
            name, link = line.split("\t")[0], Path(line).stem.rsplit("_", 1)[-1]
            if link in asked:
                twins[link] = asked[link], links.parent / "images" / f"{name}.jpg"
    return twins


def blank(level: int, channels: int = 1) -> np.ndarray:
    return np.full((96, 110, channels), level, np.uint8)


def test_blank_images_are_counted_and_not_compared(tmp_path):
    blanks = [blank(number % 256, 3 if number % 7 == 0 else 1) for number in range(300)]
    first = split_images(tmp_path / "roco", [stored(scan(0)), *blanks, RAMP])
    second = split_images(tmp_path / "slake", [*blanks, stored(scan(0)), RAMP])
    found = compare(first, second)
    assert image_ids(first) == ["roco-0", "roco-301"] and image_ids(second) == ["slake-300", "slake-301"]
    assert [(image_ids(first)[match.first], match.kind) for match in found.matches] == [("roco-0", "same"), ("roco-301", "same")]
    assert found.num_proposed == 2
    audited = Audit(None, None, 4, 2, [Comparison(first, second, False), Comparison(first, second, False)])
    assert audited.num_blank() == {"roco": 300, "slake": 300}
    assert Audit(None, None, 0, 0, []).num_blank() == {}


@pytest.mark.parametrize("ground", [0, 255])
def test_a_copy_on_a_ground_is_the_same_as_its_original_and_not_another(tmp_path, ground):
    first = split_images(tmp_path / "roco", [stored(scan(seed)) for seed in range(6)])
    second = split_images(tmp_path / "slake", [stored(framed(scan(seed), ground)) for seed in range(3, 9)])
    found = compare(first, second).matches
    assert [(match.first, match.second, match.kind) for match in found] == [(3, 0, "same"), (4, 1, "same"), (5, 2, "same")]


@needs_real
def test_every_real_twin_of_the_held_out_images_is_the_same_and_only_slices_are_like_another(tmp_path):
    twins = real_twins()
    assert len(twins) == 60
    releases = REAL / "vqa_med_2019", REAL / "roco"
    sides = zip(*twins.values(), strict=True)
    first, second = (
        split_images(tmp_path / release.name, [resized(load(path, release, 10**7), 96) for path in paths])
        for release, paths in zip(releases, sides, strict=True)
    )
    found = {(match.first, match.second): match.kind for match in compare(first, second).matches}
    assert {found.get((number, number)) for number in range(60)} == {"same"}
    names = list(twins)
    for one, other in found:
        assert abs(int(names[one][6:]) - int(names[other][6:])) < 5  # neighbours in the archive are of one patient


def test_few_proposals_wait_at_once_and_none_is_lost(monkeypatch):
    counts = {"proposed": 0, "decided": 0, "most": 0}

    def propose(*_):
        for number in range(1000):
            counts["proposed"] += 1
            yield Proposal(number, number, 0, ((0, 0),))

    def decide(first, second, proposal):
        counts["most"] = max(counts["most"], counts["proposed"] - counts["decided"])
        counts["decided"] += 1
        return Match(*proposal[:3], 1.0, "same") if proposal.first % 2 else None

    for name, replacement in {"PROPOSALS_AT_ONCE": 7, "proposals": propose, "decided": decide}.items():
        monkeypatch.setattr(module, name, replacement)
    empty = type("Empty", (), {"hashes": None})()
    found = compare(empty, empty)
    assert [match.first for match in found.matches] == list(range(1, 1000, 2)) and found.num_proposed == 1000
    assert counts["most"] <= 7 + 1


@pytest.mark.parametrize("change", [None, (0, 0, 0), (95, 109, 2)])
def test_an_image_with_one_other_sample_is_not_blank(tmp_path, change):
    pixels = blank(9, 3)
    if change:
        pixels[change] = 200
    assert image_ids(split_images(tmp_path / "one", [pixels])) == ([] if change is None else ["one-0"])


def test_an_image_is_compared_once_by_the_first_row_that_shows_it(tmp_path):
    pictures = [stored(scan(seed)) for seed in (3, 1, 3, 2)]
    images = split_images(tmp_path / "roco", pictures)
    assert images.rows.tolist() == [0, 1, 2, 3] and [images.row_of(f"roco-{number}") for number in range(4)] == [0, 1, 2, 3]
    ids = pa.chunked_array([["b", "a"], ["b", "c", "a"]])
    images = replace(images)
    images.shards.column = lambda name: ids
    assert images.first_rows.tolist() == [0, 1, 3] and images.row_of("a") == 1


def test_hashes_that_are_computed_in_pieces_are_the_same(tmp_path, monkeypatch):
    images = split_images(tmp_path / "roco", [stored(scan(seed)) for seed in range(5)])
    whole = images.hashes
    monkeypatch.setattr(split_images_module, "HASHED_AT_ONCE", 2)
    assert (replace(images).hashes == whole).all() and len({part.tobytes() for part in whole[:, 2]}) == 5


def test_texts_are_found_whose_rows_lie_in_several_pieces(tmp_path, monkeypatch):
    first, second = (split_images(tmp_path / name, [stored(scan(seed)) for seed in range(3)]) for name in ("roco", "slake"))
    monkeypatch.setattr(texts, "ROWS_AT_ONCE", 2)
    monkeypatch.setattr(texts, "FEWEST_WORDS", 2)
    found = texts.shared_texts(first, second)
    assert found.rows() == [("row 0", 3, f"row {number}", "a text") for number in range(3)]
