"""Several runs of one release at once, and shares that come late: each ends well, and what nobody needs any longer is gone."""

import fcntl
import multiprocessing
import shutil
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from m3ae.prepare.partitions import EVERYTHING, Share, take_place
from m3ae.prepare.release import prepare_share
from m3ae.prepare.shared_state import shared
from m3ae.releases.inventory import take_inventory
from tests.prepare.test_release import choices, digests, run, state_of, with_images

NAME = "vqa_rad"  # four rows
NUM_TRIALS = 12


@pytest.fixture
def release(tmp_path):
    return with_images(NAME, tmp_path)


@pytest.fixture
def state(release, state_root) -> Path:
    return state_of(NAME, release, choices())


def share(release, share: Share = EVERYTHING) -> int:
    return prepare_share(NAME, release, take_inventory(release), choices(), 1, share, state_of(NAME, release, choices()))


def run_again_and_again(release: Path, out: Path, together: Barrier) -> None:
    for trial in range(NUM_TRIALS):
        together.wait(60)
        run(NAME, release, out / str(trial), rows_per_shard=1)


@pytest.mark.parametrize("names", ["ab", "aa"])  # of two folders, as in DVC's queue, or of one
def test_two_processes_that_prepare_one_release_at_once_both_end_well_with_the_same_bytes(release, tmp_path, state_root, names):
    run(NAME, release, tmp_path / "alone", rows_per_shard=1)
    spawn = multiprocessing.get_context("spawn")
    together = spawn.Barrier(2)
    both = [spawn.Process(target=run_again_and_again, args=(release, tmp_path / name, together)) for name in names]
    for process in both:
        process.start()
    for process in both:
        process.join(120)
    assert [process.exitcode for process in both] == [0, 0] and not state_root.exists()
    for out in [tmp_path / name / str(trial) for name in names for trial in range(NUM_TRIALS)]:
        assert digests(out) == digests(tmp_path / "alone")


@pytest.mark.parametrize("is_damaged", [False, True])
def test_a_partition_that_another_run_finished_first_is_taken_up_and_a_damaged_one_makes_room(release, state, is_damaged):
    share(release)
    partial, folder, marker = state / "partial/00000", state / "00000", state / "00000/manifest.json"
    shutil.copytree(folder, partial)
    expected = digests(partial)
    if is_damaged:
        (folder / "complete.json").write_text("{}")
    before = marker.stat().st_ino
    take_place(partial, folder)
    assert digests(folder) == expected and (marker.stat().st_ino == before) == (not is_damaged)


def test_the_folder_stays_while_another_run_is_in_it_and_the_last_one_removes_it(release, tmp_path, state, state_root):
    with shared(state):  # a share that is late
        run(NAME, release, tmp_path / "out")
        share(release, Share(2, 2))
        assert {path.name for path in state.iterdir()} == {"lock", "00000", "00001"}
    assert not state_root.exists()


def test_shares_stay_until_a_run_assembles_them_whatever_a_killed_run_said(release, tmp_path, state, state_root):
    share(release, Share(1, 2))
    (state / "lock").write_text("assembled")
    share(release, Share(2, 2))
    assert {path.name for path in state.iterdir()} == {"lock", "00000", "00001"}
    run(NAME, release, tmp_path / "out")
    assert not state_root.exists()


def test_a_run_that_came_in_while_the_folder_was_removed_begins_anew(state, monkeypatch):
    flock, removed = fcntl.flock, []

    def late(handle, operation):
        if not removed:
            removed.append(shutil.rmtree(state))
        flock(handle, operation)

    monkeypatch.setattr(fcntl, "flock", late)
    with shared(state):
        assert (state / "lock").exists() and removed


def test_a_file_system_without_locks_is_no_error(release, tmp_path, state_root, monkeypatch):
    def refuse(*_):
        raise OSError(37, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    assert share(release) == 2 and len(list(state_root.iterdir())) == 1
    assert run(NAME, release, tmp_path / "out")["kept"] == 4 and not state_root.exists()
