"""Which paths are a release's own, and which are not."""

from pathlib import Path

import pytest

from m3ae.releases.places import is_allowed

CACHED = "cache/files/md5/0a/" + "b" * 30


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """A release, a folder of images elsewhere, and a cache of DVC's: a file in each."""
    for name in ("release/images/a.png", "elsewhere/p10/a.png", CACHED, "secret/a.png"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(name)
    return tmp_path


def link(place: Path, target: Path) -> Path:
    place.symlink_to(target)
    return place


def test_a_file_of_the_release_is_allowed_however_it_is_spelt(disk):
    release = disk / "release"
    for path in (release / "images/a.png", release / "../release/images/a.png", link(disk / "other", release) / "images/a.png"):
        assert is_allowed(path, release, [])
    assert is_allowed(disk / "other/images/a.png", disk / "other", [])


def test_what_lies_elsewhere_is_refused_unless_its_folder_is_named(disk):
    release, elsewhere = disk / "release", disk / "elsewhere"
    paths = [elsewhere / "p10/a.png", release / "../elsewhere/p10/a.png", link(release / "b.png", elsewhere / "p10/a.png")]
    paths.append(link(release / "files", elsewhere) / "p10/a.png")
    for path in paths:
        assert not is_allowed(path, release, [])
        assert not is_allowed(path, release, [disk / "secret"])
        assert is_allowed(path, release, [disk / "secret", elsewhere])


def test_a_folder_that_only_begins_like_one_that_is_named_is_refused(disk):
    (disk / "elsewhere-too").mkdir()
    assert not is_allowed(disk / "elsewhere-too/a.png", disk / "release", [disk / "elsewhere"])


def test_out_of_a_named_folder_no_way_leads_on(disk):
    release, elsewhere = disk / "release", disk / "elsewhere"
    assert not is_allowed(elsewhere / "../secret/a.png", release, [elsewhere])
    assert not is_allowed(link(elsewhere / "b.png", disk / "secret/a.png"), release, [elsewhere])


def test_a_link_into_dvcs_cache_is_the_release_where_the_link_stands_in_it(disk):
    release = disk / "release"
    assert is_allowed(link(release / "images/b.png", disk / CACHED), release, [])
    assert is_allowed(link(release / "images/c.png", Path("../../") / CACHED), release, [])
    assert is_allowed(link(disk / "elsewhere/c.png", disk / CACHED), release, [disk / "elsewhere"])
    assert not is_allowed(link(disk / "secret/c.png", disk / CACHED), release, [])
    assert not is_allowed(release / "images/../../secret/c.png", release, [])


def test_the_cache_itself_is_not_the_release(disk):
    release = disk / "release"
    assert not is_allowed(disk / CACHED, release, [])
    assert not is_allowed(release / ".." / CACHED, release, [])


@pytest.mark.parametrize(
    "name", ["files/md5/0a/short", f"files/md5/0a/{'b' * 30}.dir", f"md5/0a/{'b' * 30}", f"files/md5/0a/{'b' * 30}/a.png"]
)
def test_a_link_to_what_only_looks_like_the_cache_is_refused(disk, name):
    assert not is_allowed(link(disk / "release/b.png", disk / name), disk / "release", [])
