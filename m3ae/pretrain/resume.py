"""Where a killed run goes on from. The state lies outside DVC's outputs, in a folder named by everything that
the result depends on, so that no run ever takes up another one's state.

A checkpoint is a folder `step-<number>`: DeepSpeed's files, and `complete.json` with the digest of each of them. It is written beside,
under another name, and takes its own once it is whole and on the disk.
"""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import torch.distributed as dist
from safetensors.torch import load_file, save_file
from torch import get_num_threads

from m3ae.disk.digest import sha256_of_file
from m3ae.disk.folders import DiskError, disk_errors_reported, fsync_folder
from m3ae.disk.identity import Identity
from m3ae.disk.lock import take
from m3ae.disk.state import root
from m3ae.engine.engine import Engine
from m3ae.engine.processes import is_first
from m3ae.pretrain.universal import universal
from m3ae.recipes.base import PretrainingRecipe

T = TypeVar("T")
COMPLETE, OF_RECIPE, LOCK = "complete.json", "recipe.safetensors", "in-use.lock"
NUM_KEPT = 2  # the newest, and one before it should the disk have spoilt the newest


class ResumeState:
    """One run's checkpoints, which a run on another number of processes may take up, too; then the results agree to rounding only.

    `recipe`: whose own state is kept, too. `other`: one more folder whose checkpoints may be taken up. Raises SystemExit, naming what
    differs, where it is of another run.
    """

    def __init__(self, run: Identity, other: Path | None = None, recipe: PretrainingRecipe | None = None):
        self.run, self.folder, self.recipe = run, root() / run.name(), recipe
        self.folders = [self.folder, *([other] if other else [])]
        if other:
            run.require(other)

    def claim(self) -> None:
        """Keep all other runs out, for as long as the first process lives. Raises SystemExit where one of them is at work on it."""
        if is_first():
            self.folder.mkdir(parents=True, exist_ok=True)
            self.lock = os.open(self.folder / LOCK, os.O_RDWR | os.O_CREAT)
            if not take(self.lock):
                remedy = "wait for it or end it, then type the command again"
                raise SystemExit(f"{self.folder}: another process is at work on this very run; {remedy}")
            if not newest_first(self.folders) and (passed_over := self.run.passed_over(root())):
                print(passed_over)
        dist.barrier()

    def save(self, engine: Engine, step: int, notes: dict[str, Any]) -> None:
        """Write everything beside the others, give it its name once it is on the disk, then drop what is older than the last `NUM_KEPT`.

        Raises `DiskError` where the disk is full; the checkpoints before it are kept, and nothing of this one.
        """
        beside, before = self.folder / f"step-{step}.partial", newest_first([self.folder])
        kept = f"step {number(before[0])} is kept" if before else "no step is saved yet"
        try:
            with disk_errors_reported(self.folder, kept):
                self.write(engine, step, notes, beside)
        except DiskError:
            shutil.rmtree(beside, ignore_errors=True)
            raise

    def write(self, engine: Engine, step: int, notes: dict[str, Any], beside: Path) -> None:
        target = self.folder / f"step-{step}"
        if is_first():
            shutil.rmtree(beside, ignore_errors=True)
            self.run.write(self.folder)
        dist.barrier()
        engine.deepspeed.save_checkpoint(str(self.folder), tag=beside.name, save_latest=False)
        dist.barrier()
        if is_first():
            if self.recipe and (of_recipe := self.recipe.state()):
                save_file(of_recipe, beside / OF_RECIPE)
            digests = {path.relative_to(beside).as_posix(): sha256_of_file(path) for path in files(beside)}
            told = {"step": step, "processes": dist.get_world_size(), "threads": get_num_threads(), "notes": notes, "files": digests}
            every_digit = json.dumps(told)  # a resumed run's curves are those of an undisturbed one
            (beside / COMPLETE).write_text(every_digit, encoding="utf-8")
            for folder in (beside, *filter(Path.is_dir, beside.rglob("*"))):
                fsync_folder(folder)
            shutil.rmtree(target, ignore_errors=True)
            beside.rename(target)
            fsync_folder(self.folder)
            self.drop_all_but(newest_first([self.folder])[:NUM_KEPT])
        dist.barrier()

    def load(self, engine: Engine) -> tuple[int, dict[str, Any]]:
        """Put the newest whole checkpoint into the engine; return the number of steps done and the notes, (0, {}) without one."""
        found = self.found()
        if is_first():
            self.drop_after(number(found) if found else -1)
        if found is None:
            return 0, {}
        saved = json.loads((found / COMPLETE).read_text(encoding="utf-8"))
        if is_first() and saved.get("threads", get_num_threads()) != get_num_threads():
            print(f"{found}: was saved with {saved['threads']} threads a process, not {get_num_threads()}: the last digits will differ")
        engine.load(from_first(lambda: universal(found, self.folder)) if engine.reads_universal else found)
        if self.recipe and (found / OF_RECIPE).is_file():
            self.recipe.load_state(load_file(found / OF_RECIPE))
        return saved["step"], saved["notes"]

    def is_of_others(self) -> bool:
        """Return whether what `load` will find was saved by another number of processes."""
        found = self.found()
        return found is not None and json.loads((found / COMPLETE).read_text(encoding="utf-8"))["processes"] != dist.get_world_size()

    def found(self) -> Path | None:
        """Return the checkpoint to load, None without one. One process judges for all: they must not start at different steps."""
        return from_first(self.newest)

    def newest(self) -> Path | None:
        """Return the newest checkpoint that is whole, None without one; a torn one is passed over with a word."""
        for checkpoint in newest_first(self.folders):
            if is_whole(checkpoint):
                return checkpoint
            print(f"{checkpoint}: is not whole, an earlier one is used")
        return None

    def drop_after(self, step: int) -> None:
        """Remove the checkpoints after `step`: torn ones, which would pass for those to keep."""
        for checkpoint in newest_first([self.folder]):
            if number(checkpoint) > step:
                shutil.rmtree(checkpoint)

    def drop_all_but(self, kept: list[Path]) -> None:
        for other in set(self.folder.glob("step-*")) - set(kept):
            shutil.rmtree(other)

    def drop(self) -> None:
        if is_first():
            shutil.rmtree(self.folder, ignore_errors=True)
        dist.barrier()


def newest_first(folders: list[Path]) -> list[Path]:
    found = [path for folder in folders for path in folder.glob("step-*[0-9]")]
    return sorted(found, key=number, reverse=True)


def number(checkpoint: Path) -> int:
    return int(checkpoint.name.removeprefix("step-"))


def from_first(function: Callable[[], T]) -> T:
    """Return on all processes what `function` finds on the first, which alone calls it."""
    found: list[Any] = [function() if is_first() else None]
    dist.broadcast_object_list(found)
    return found[0]


def files(checkpoint: Path) -> list[Path]:
    return [path for path in checkpoint.rglob("*") if path.is_file()]


def is_whole(checkpoint: Path) -> bool:
    """Return whether every file of the checkpoint has the bytes that were written."""
    try:
        expected = json.loads((checkpoint / COMPLETE).read_text(encoding="utf-8"))["files"]
        return bool(expected) and all(sha256_of_file(checkpoint / name) == sha256 for name, sha256 in expected.items())
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return False
