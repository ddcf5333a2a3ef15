"""The smallest set of six releases, written once for all tests of the package."""

from pathlib import Path

import pytest

from m3ae.phantom.params import PhantomParams
from m3ae.phantom.writer import write_releases

THREE = {"train": 6, "validation": 3, "test": 4}
SMALL = PhantomParams(
    image_px=64,
    non_radiology_share=0.5,
    questions_per_image=5,
    roco={"train": 12, "validation": 8, "test": 8},
    medicat=10,
    vqa_rad={"train": 8, "test": 4},
    slake=THREE,
    vqa_med_2019=THREE,
    melinda=THREE,
)


@pytest.fixture(scope="session")
def small() -> PhantomParams:
    return SMALL


@pytest.fixture(scope="session")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("phantom") / "releases"
    write_releases(folder, SMALL, seed=7, num_workers=1)
    return folder
