from pathlib import Path

import pytest

from m3ae.ask.opened import Opened
from tests.answering import write_answering, write_images, write_model, write_retrieving


@pytest.fixture
def answering(tmp_path, config) -> Opened:
    return Opened.open(write_answering(tmp_path / "answering", config))


@pytest.fixture
def retrieving(tmp_path, config) -> Opened:
    return Opened.open(write_retrieving(tmp_path / "retrieving", config))


@pytest.fixture
def pretrained(tmp_path, config) -> Opened:
    return Opened.open(write_model(tmp_path / "pretrained", config))


@pytest.fixture
def images(tmp_path) -> list[Path]:
    return write_images(tmp_path / "images", 5)
