"""The digest of each release: what changes it, and what is no error."""

import json
import os
import shutil
from pathlib import Path

import pytest

from m3ae.releases import kept_digests
from m3ae.releases.catalogue import CATALOGUE
from m3ae.releases.inventory import InventoryError, read_inventory, take_inventory, write_inventory

FIXTURES = Path(__file__).parents[1] / "fixtures"


@pytest.fixture(autouse=True)
def state_root(tmp_path, monkeypatch):
    monkeypatch.setenv("DVC_ROOT", str(tmp_path / "root"))


@pytest.fixture
def releases(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FIXTURES, tmp_path / "releases"))


def test_every_release_has_a_file_found_or_not(tmp_path):
    releases = tmp_path / "releases"
    shutil.copytree(FIXTURES / "slake", releases / "slake")
    write_inventory(releases, tmp_path / "out", [])
    found = {path.stem: json.loads(path.read_text())["found"] for path in (tmp_path / "out").iterdir()}
    assert found == {name: name == "slake" for name in CATALOGUE}


def test_an_empty_folder_is_not_a_release(tmp_path):
    (tmp_path / "slake").mkdir()
    assert take_inventory(tmp_path / "slake")._asdict() == {"found": False, "synthetic": False, "files": 0, "bytes": 0, "sha256": ""}


def test_the_digest_says_the_same_of_a_copy_and_something_else_of_any_change(releases, tmp_path):
    before = take_inventory(releases / "slake")
    assert take_inventory(Path(shutil.copytree(releases / "slake", tmp_path / "slake"))) == before
    (releases / "slake/test.json").write_text("[ ]")
    changed = take_inventory(releases / "slake")
    (releases / "slake/test.json").rename(releases / "slake/other.json")
    assert len({before.sha256, changed.sha256, take_inventory(releases / "slake").sha256}) == 3


def test_rocos_digest_covers_its_references_in_the_folder_of_medicat(releases):
    before = take_inventory(releases / "roco")
    with next(releases.rglob("roco_train_references.jsonl")).open("a") as file:
        file.write('{"roco_image_id": "PMC1_a.jpg", "gorc_references": null}\n')
    assert take_inventory(releases / "roco").sha256 != before.sha256


def test_changing_one_release_leaves_the_others_digests_alone(releases):
    before = {name: take_inventory(releases / name) for name in CATALOGUE}
    (releases / "melinda/extra.txt").touch()
    assert [name for name in CATALOGUE if take_inventory(releases / name) != before[name]] == ["melinda"]


@pytest.mark.parametrize("name", ["imgs", "nowhere"])
def test_a_folder_that_lies_elsewhere_is_an_error_that_names_the_link_and_the_remedy(releases, tmp_path, name):
    release, elsewhere = releases / "slake", tmp_path / "elsewhere" / name
    elsewhere.parent.mkdir()
    if (release / name).exists():
        (release / name).rename(elsewhere)
    (release / name).symlink_to(elsewhere)
    with pytest.raises(InventoryError) as error:
        write_inventory(releases, tmp_path / "out", [])
    assert str(error.value) == (
        f"{release / name}: is a link to {elsewhere}, outside the release, and what lies there is not read; name the folder in "
        f"`image_folders` of params.yaml, copy it to the link's place, or make {release} itself a link to a folder that holds all of the "
        "release"
    )


def test_a_file_that_lies_elsewhere_counts_with_its_content(releases, tmp_path):
    before = take_inventory(releases / "slake")
    (releases / "slake/test.json").rename(tmp_path / "test.json")
    (releases / "slake/test.json").symlink_to(tmp_path / "test.json")
    assert take_inventory(releases / "slake") == before
    (tmp_path / "test.json").write_text("[ ]")
    assert take_inventory(releases / "slake").sha256 != before.sha256


def test_a_link_to_another_folder_of_the_release_changes_the_digest_and_a_copy_elsewhere_does_not(releases, tmp_path):
    release = releases / "slake"
    (release / "imgs").mkdir(exist_ok=True)
    for name in ("v1", "v2"):
        (release / name).mkdir()
        (release / name / "a.jpg").write_text(name)
    digests = []
    for target in ("v1", "v2"):
        (release / "images").symlink_to(release / target)
        digests.append(take_inventory(release).sha256)
        (release / "images").unlink()
    (release / "images").symlink_to("v2")
    moved = take_inventory(Path(shutil.copytree(release, tmp_path / "moved", symlinks=True)))
    assert digests[0] != digests[1] == moved.sha256 and moved == take_inventory(release)


def test_links_that_lead_nowhere_or_round_in_a_circle_are_not_followed(releases):
    before = take_inventory(releases / "slake")
    for name, target in {"loop": ".", "itself": "itself", "dead": "nothing.json"}.items():
        (releases / "slake" / name).symlink_to(target)
    after = take_inventory(releases / "slake")
    assert after.sha256 != before.sha256 and (after.files, after.bytes) == (before.files, before.bytes)


def test_a_release_that_is_itself_a_link_is_read(releases, tmp_path):
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked/slake").symlink_to(releases / "slake")
    assert take_inventory(tmp_path / "linked/slake") == take_inventory(releases / "slake")


def test_a_release_that_is_a_link_to_nothing_is_an_error_and_not_an_absent_release(tmp_path):
    (tmp_path / "slake").symlink_to(tmp_path / "unmounted")
    with pytest.raises(
        InventoryError, match=r"slake: is a link to .*unmounted, where no folder is; mount it, or correct or remove the link"
    ):
        write_inventory(tmp_path, tmp_path / "out", [])


def test_it_is_said_that_dvc_does_not_follow_links_to_folders(releases, tmp_path, capsys):
    (tmp_path / "linked").mkdir()
    (releases / "melinda/more").symlink_to(".")
    for name in ("slake", "melinda"):
        source, target = releases / name, tmp_path / "linked" / name
        target.symlink_to(source) if name == "slake" else shutil.copytree(source, target, symlinks=True)
    write_inventory(tmp_path / "linked", tmp_path / "out", [])
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(": is a link to a folder, and DVC does not notice")[0] for line in lines] == [
        str(tmp_path / "linked" / name) for name in ("slake", "melinda/more")
    ]
    assert all(line.endswith("then run `dvc repro --force --single-item inventory`") for line in lines)


def test_phantoms_notice_marks_a_release_as_synthetic(releases):
    (releases / "slake/SYNTHETIC.md").write_text("drawn by a program")
    assert take_inventory(releases / "slake").synthetic


def test_a_missing_folder_of_releases_is_an_error_with_a_remedy(tmp_path):
    with pytest.raises(InventoryError, match="no such folder; set `releases` in params.yaml"):
        write_inventory(tmp_path / "nowhere", tmp_path / "out", [])


def test_an_inventory_file_reads_back(releases, tmp_path):
    write_inventory(releases, tmp_path / "out", [])
    assert read_inventory(tmp_path / "out/roco.json") == take_inventory(releases / "roco")
    with pytest.raises(InventoryError, match="run `dvc repro inventory`"):
        read_inventory(tmp_path / "out/other.json")


def test_a_link_into_an_image_folder_is_allowed_and_where_it_leads_is_part_of_the_digest(releases, tmp_path, capsys):
    release, disk = releases / "own", tmp_path / "disk"
    for name in ("one", "two"):
        (disk / name).mkdir(parents=True)
    digests = []
    for name in ("one", "two"):
        (release / "files").symlink_to(disk / name)
        digests.append(take_inventory(release, [disk]).sha256)
        (release / "files").unlink()
    assert digests[0] != digests[1]
    (release / "files").symlink_to(disk / "one")
    write_inventory(releases, tmp_path / "out", [disk])
    watched = f"{disk}: DVC does not watch this folder; after a change there run `dvc repro --force --single-item prepare@<release>`"
    assert capsys.readouterr().out.splitlines() == [watched]


def test_a_link_beside_the_image_folders_and_an_image_folder_that_is_none_are_errors(releases, tmp_path):
    for name in ("disk", "secret"):
        (tmp_path / name).mkdir()
    (releases / "own/files").symlink_to(tmp_path / "secret")
    with pytest.raises(
        InventoryError, match="is a link to .*secret, outside the release, .*; name the folder in `image_folders` of params.yaml"
    ):
        write_inventory(releases, tmp_path / "out", [tmp_path / "disk"])
    with pytest.raises(InventoryError, match="unmounted: no such folder; mount it, or correct `image_folders` in params.yaml"):
        write_inventory(releases, tmp_path / "out", [tmp_path / "unmounted"])


def test_a_file_name_that_is_not_utf_8_is_named_with_the_remedy_and_read_past(tmp_path, capsys):
    release = tmp_path / "releases" / "own"
    (release / "images").mkdir(parents=True)
    Path(os.fsdecode(os.fsencode(release) + b"/images/caf\xe9.jpg")).write_bytes(b"x")
    write_inventory(tmp_path / "releases", tmp_path / "out", ())
    [line] = capsys.readouterr().out.splitlines()
    assert line.startswith(f"{release}/images/caf\\xe9.jpg: not UTF-8") and "; rename it" in line
    assert read_inventory(tmp_path / "out/own.json").files == 1


@pytest.fixture
def linked(releases, tmp_path, monkeypatch) -> Path:
    """A folder of releases of which SLAKE is a link to a folder; its files count as long unchanged."""
    monkeypatch.setattr(kept_digests, "SETTLED_NS", 0)
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked/slake").symlink_to(releases / "slake")
    return tmp_path / "linked"


@pytest.fixture
def read(monkeypatch) -> list[str]:
    """The names of the files whose content is read."""
    names: list[str] = []
    original = kept_digests.sha256_of_file
    monkeypatch.setattr(kept_digests, "sha256_of_file", lambda path: names.append(path.name) or original(path))
    return names


def found_again(linked: Path, read: list[str], out: Path):
    read.clear()
    write_inventory(linked, out, [])
    return read_inventory(out / "slake.json")


def test_of_a_linked_release_only_what_has_changed_is_read_again(linked, read, tmp_path):
    first = found_again(linked, read, tmp_path / "out")
    assert len(read) == first.files > 1
    assert found_again(linked, read, tmp_path / "out") == first and read == []
    path, before = linked / "slake/test.json", (linked / "slake/test.json").stat()
    path.write_bytes(bytes(reversed(path.read_bytes())))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))  # of the same size and date: the system's own time tells
    changed = found_again(linked, read, tmp_path / "out")
    assert read == ["test.json"] and changed == take_inventory(linked / "slake") != first


def test_what_was_changed_in_the_last_seconds_is_read_again(linked, read, tmp_path, monkeypatch):
    monkeypatch.setattr(kept_digests, "SETTLED_NS", 3600 * 10**9)
    first = found_again(linked, read, tmp_path / "out")
    assert found_again(linked, read, tmp_path / "out") == first and len(read) == first.files


def test_files_that_come_and_go_are_seen_and_damaged_digests_are_made_again(linked, read, tmp_path):
    first = found_again(linked, read, tmp_path / "out")
    (linked / "slake/a.txt").write_text("first of all")
    assert found_again(linked, read, tmp_path / "out").files == first.files + 1 and read == ["a.txt"]
    (linked / "slake/a.txt").unlink()
    assert found_again(linked, read, tmp_path / "out") == first and read == []
    [kept] = (tmp_path / "root/.state/inventory").iterdir()
    content = bytearray(kept.read_bytes())
    content[len(content) // 3] ^= 1
    for damaged in (bytes(content), b"", b"PAR1"):
        kept.write_bytes(damaged)
        assert found_again(linked, read, tmp_path / "out") == first and read
        assert found_again(linked, read, tmp_path / "out") == first and read == []


def test_a_release_that_dvc_watches_is_read_whole_each_time_and_nothing_is_kept(releases, read, tmp_path):
    first = found_again(releases, read, tmp_path / "out")
    num_read = len(read)
    assert found_again(releases, read, tmp_path / "out") == first and len(read) == num_read > first.files
    assert not (tmp_path / "root").exists()
