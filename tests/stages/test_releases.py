"""The stages that draw and read releases: which folder they take, whatever its name."""

import json
import sys
from pathlib import Path

import pytest

from m3ae.releases.inventory import SYNTHETIC
from stages import inventory, phantom

NAME = "My Drive (1)/x&y;z 'a' \"b\" $HOME #"


@pytest.fixture(autouse=True)
def elsewhere(parameters, tmp_path, monkeypatch):
    """A folder outside data/, which params.yaml names."""
    (tmp_path / NAME / "vqa_rad").mkdir(parents=True)
    (tmp_path / NAME / "vqa_rad" / "trainset.json").write_text("[]")
    parameters.change({"scale": "test", "releases": NAME})
    monkeypatch.chdir(tmp_path)
    return tmp_path / NAME


def take_inventory(monkeypatch, *arguments: str) -> set[str]:
    """Return the names of the releases that are found."""
    monkeypatch.setattr(sys, "argv", ["inventory", "--out", "data/inventory", *arguments])
    inventory.main()
    return {path.stem for path in Path("data/inventory").glob("*.json") if json.loads(path.read_text())["found"]}


def test_the_inventory_reads_the_folder_of_the_parameters_or_the_one_that_is_given(tmp_path, monkeypatch):
    assert take_inventory(monkeypatch) == {"vqa_rad"}
    (tmp_path / "given" / "slake").mkdir(parents=True)
    (tmp_path / "given" / "slake" / "train.json").write_text("[]")
    assert take_inventory(monkeypatch, "--releases", "given") == {"slake"}


def test_nothing_is_drawn_where_the_parameters_name_another_folder(tmp_path, elsewhere, capsys):
    phantom.main(["--if-read", "--out", "data/releases"])
    assert [path.name for path in (tmp_path / "data/releases").iterdir()] == ["README.md"]
    assert "nothing is drawn" in capsys.readouterr().out
    assert [path.name for path in elsewhere.iterdir()] == ["vqa_rad"]


@pytest.mark.parametrize("releases", ["data/releases", "./data/releases/", "absolute", "link"])
def test_releases_are_drawn_where_they_are_read_however_the_folder_is_written(parameters, tmp_path, monkeypatch, releases):
    if releases == "link":
        (tmp_path / "link").symlink_to("data/releases")
    parameters.change({"releases": str(tmp_path / "data/releases") if releases == "absolute" else releases})
    drawn = []
    monkeypatch.setattr(phantom, "write_releases", lambda folder, *_sizes, num_workers: drawn.append(folder.as_posix()))
    phantom.main(["--if-read", "--out", "data/releases"])
    assert drawn == ["data/releases"]


def test_whoever_asks_for_releases_gets_them(tmp_path):
    phantom.main(["--out", "drawn"])
    assert (tmp_path / "drawn/vqa_rad" / SYNTHETIC).is_file()
