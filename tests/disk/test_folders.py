"""Folders and files where a link stands in their place: what it leads to, such as DVC's cache, is never written to."""

import json

import pytest

from m3ae.disk.folders import is_missing_folder, new_folder
from m3ae.disk.json import write_json
from m3ae.disk.state import RUN_FILE, unfinished


def test_a_new_folder_takes_the_place_of_an_old_one_and_of_a_link(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "old.txt").write_text("old")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    for name in ("link", "dangling", "new", "new"):
        with new_folder(tmp_path / name) as partial:
            (partial / "new.txt").write_text("new")
        assert not (tmp_path / name).is_symlink() and [path.name for path in (tmp_path / name).iterdir()] == ["new.txt"]
    assert (tmp_path / "elsewhere" / "old.txt").read_text() == "old"


def test_a_file_that_is_a_link_makes_room(tmp_path):
    (tmp_path / "cache").write_text("{}")
    (tmp_path / "metrics.json").symlink_to(tmp_path / "cache")
    write_json(tmp_path / "metrics.json", {"a": 1})
    assert (tmp_path / "cache").read_text() == "{}" and json.loads((tmp_path / "metrics.json").read_text()) == {"a": 1}


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("roberta-base", False),  # a hub's
        ("org/model", False),
        ("/nowhere", True),
        ("./model", True),
        ("~/model", True),
        ("a/b/c", True),
        ("here/model", True),  # its parent is here
        ("here", False),
        ("here/there", False),
    ],
)
def test_a_name_is_a_missing_folders_where_no_hub_can_have_it(tmp_path, monkeypatch, name, missing):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "here/there").mkdir(parents=True)
    assert is_missing_folder(name) == missing


def test_what_runs_that_did_not_end_have_left_is_named_with_its_size(tmp_path, monkeypatch):
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert list(unfinished()) == []
    (tmp_path / "data/shards/.roco.partial").mkdir(parents=True)
    for folder in (tmp_path / ".state/abc", tmp_path / ".state/prepare/def"):
        (folder / "step-1").mkdir(parents=True)
        (folder / RUN_FILE).write_text("{}")
        (folder / "step-1/weights").write_bytes(bytes(1_500_000))
    first, second, third = unfinished()
    assert first.startswith(f"{tmp_path}/.state/abc: 1.5 MB of a run that did not end") and "prepare/def" in second
    assert third.startswith("data/shards/.roco.partial: 0.0 MB that a killed run was at")
