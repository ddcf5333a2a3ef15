"""Files come in the order of their paths."""

import os

from m3ae.releases.walk import walked

NAMES = ("a.txt", "a/b", "a/b.c", "a-b/c", "a/b-/x", "B", "\u00e9/z", "z", "a0")


def test_paths_are_sorted_as_texts_are_and_a_link_to_a_folder_is_no_folder(tmp_path):
    for name in NAMES[:1] + NAMES[2:]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "link").symlink_to("a")
    (tmp_path / "empty").mkdir()
    found = [name for name, _ in walked(str(tmp_path))]
    assert found == sorted([*NAMES[:1], *NAMES[2:], "link"])


def test_a_folder_that_may_not_be_read_is_passed_over(tmp_path, monkeypatch):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").touch()
    scandir = os.scandir

    def refusing(folder):
        if str(folder).endswith("a/"):
            raise PermissionError(folder)
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", refusing)
    assert [name for name, _ in walked(str(tmp_path))] == ["b"]
