"""The families of disturbed runs: a stage is killed at a random moment, or its disk is full after so many bytes, and is then run on.

What is compared are the bytes of every output, and what lies about besides: unfinished folders and states.
"""

import json
import os
import random
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from benchmarks.fault_family import Family
from m3ae.disk.digest import sha256_of_file

ROOT = Path(__file__).parents[1]
KILLED = ("prepare@roco", "pretrain", "finetune@vqa_rad-0")
PLAN, DURATIONS, FILLER = "plan.json", "durations.json", "filler"
LIMIT = 600  # seconds of one stage
DISK = "1g"


class Step(NamedTuple):
    """A stage of the pipeline as DVC would run it."""

    name: str
    command: list[str]
    outs: list[Path]

    def clear(self) -> None:
        """Remove what the stage has made, as DVC does before it runs one."""
        for out in self.outs:
            shutil.rmtree(out) if out.is_dir() else out.unlink(missing_ok=True)

    def start(self) -> subprocess.Popen:
        for out in self.outs:
            out.parent.mkdir(parents=True, exist_ok=True)
        folder = self.folder()
        environment = {**os.environ, "PYTHONPATH": str(folder), "DVC_ROOT": str(folder)}
        pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(self.command, cwd=folder, env=environment, start_new_session=True, **pipes)

    def folder(self) -> Path:
        return next(parent for parent in self.outs[0].parents if (parent / "dvc.yaml").exists())

    def run(self) -> tuple[int, str]:
        """Return the exit status and what was said of errors."""
        process = self.start()
        try:
            _, said = process.communicate(timeout=LIMIT)
        finally:
            kill(process)
        return process.returncode, said

    def finish(self) -> None:
        status, said = self.run()
        if status:
            raise RuntimeError(f"{self.name} ended with {status}: {said[-300:]}")


def kill(process: subprocess.Popen) -> None:
    """End the process and all that it has started."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def make_project(folder: Path) -> None:
    """Make a project at `scale: test` with one task and one seed, and note how long each stage took."""
    folder.mkdir()
    for name in ("m3ae", "stages", "scales", "dvc.yaml"):
        (folder / name).symlink_to(ROOT / name)
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    changed = {**params, "scale": "test", "tasks": ["vqa_rad"], "seeds": [0]}
    (folder / "params.yaml").write_text(yaml.safe_dump(changed, sort_keys=False), encoding="utf-8")
    durations = {}
    for step in steps(folder):
        begun = time.monotonic()
        step.finish()
        durations[step.name] = round(time.monotonic() - begun, 1)
    (folder / DURATIONS).write_text(json.dumps(durations), encoding="utf-8")


def steps(folder: Path) -> list[Step]:
    """Return the stages of dvc.yaml in its order, each with its items, as DVC reads them."""
    from dvc.repo import Repo

    if not (folder / ".dvc").exists():
        Repo.init(str(folder), no_scm=True).close()
    with Repo(str(folder)) as repo:
        found = [Step(stage.name, words(stage.cmd), [Path(out.fs_path) for out in stage.outs]) for stage in repo.index.stages]
    order = list(yaml.safe_load((folder / "dvc.yaml").read_text(encoding="utf-8"))["stages"])
    return sorted(found, key=lambda step: order.index(step.name.partition("@")[0]))


def words(command: str) -> list[str]:
    program, *arguments = shlex.split(command)
    return [sys.executable if program == "python" else program, *arguments]


def read_project(folder: Path) -> Any:
    """Disturb a stage as it was planned, run what is missing then, and return every output's digest and what lies about."""
    known = {step.name: step for step in steps(folder)}
    if (folder / PLAN).exists():
        plan = json.loads((folder / PLAN).read_text(encoding="utf-8"))
        step = known[plan["stage"]]
        step.clear()
        kill_after(step, plan["kills"]) if "kills" in plan else on_a_full_disk(step, folder, plan["room"])
        step.clear()
        step.finish()
    files = (path for step in known.values() for out in step.outs for path in (out.rglob("*") if out.is_dir() else [out]))
    return {str(path.relative_to(folder)): sha256_of_file(path) for path in files if path.is_file()}, lying_about(folder)


def lying_about(folder: Path) -> list[str]:
    found = {*folder.rglob("*.partial"), *folder.rglob("tmp*"), *(folder / ".state").rglob("*")}
    return sorted(str(path.relative_to(folder)) for path in found if ".dvc" not in path.parts)


def plan_kill(whole: Path, folder: Path, rng: random.Random, number: int) -> str:
    """Choose a stage, and one to three moments of it at which it is killed."""
    shutil.copytree(whole, folder, symlinks=True)
    stage = KILLED[number % len(KILLED)]
    duration = json.loads((folder / DURATIONS).read_text(encoding="utf-8"))[stage]
    kills = [round(rng.uniform(0.05, 1) * duration, 2) for _ in range(rng.choice((1, 1, 2, 3)))]
    (folder / PLAN).write_text(json.dumps({"stage": stage, "kills": kills}), encoding="utf-8")
    return f"{stage} killed after {' and '.join(map(str, kills))} s"


def kill_after(step: Step, kills: list[float]) -> None:
    for seconds in kills:
        process = step.start()
        time.sleep(seconds)
        kill(process)


def plan_full_disk(whole: Path, folder: Path, rng: random.Random, number: int) -> str:
    """Choose a stage, one after the other, and how many bytes it may write."""
    shutil.copytree(whole, folder, symlinks=True)
    step = (chosen := [step for step in steps(folder) if is_disturbed(step.name)])[number % len(chosen)]
    size = sum(path.stat().st_size for out in step.outs for path in (out.rglob("*") if out.is_dir() else [out]))
    room = int(rng.choice((0, rng.random(), 2 * rng.random())) * size)
    (folder / PLAN).write_text(json.dumps({"stage": step.name, "room": room}), encoding="utf-8")
    return f"{step.name} with room for {room:,} bytes"


def is_disturbed(stage: str) -> bool:
    """Return whether the stage is tried; of a loop's items the first that has something to write."""
    return "@" not in stage or stage in ("prepare@roco", "finetune@vqa_rad-0", "evaluate@vqa_rad-0")


def on_a_full_disk(step: Step, folder: Path, room: int) -> None:
    """Run the stage where the disk takes `room` bytes. Raises RuntimeError where it fails and does not say so in a line with the remedy."""
    filler = folder / FILLER
    try:
        with filler.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(1, shutil.disk_usage(folder).free - room))
        status, said = step.run()
    finally:
        filler.unlink(missing_ok=True)
    if status and ("Traceback" in said or "make room on the disk" not in said):
        raise RuntimeError(f"{step.name} ended with {status}: {said[-300:]}")


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """Put a disk of its own at `folder`: a full one harms nobody else. Raises SystemExit where that is not allowed."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True).returncode:
        raise SystemExit(f"{folder}: a small disk needs the right to mount one; run it as root or under `unshare --map-root-user --mount`")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


FAMILIES = {
    "kills": Family("stages killed and run on", 60, make_project, read_project, plan_kill, seconds=1800),
    "disks": Family("stages on a full disk, then run on", 15, make_project, read_project, plan_full_disk, seconds=1800, disk=small_disk),
}
