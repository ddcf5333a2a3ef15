"""Where a killed run goes on from. The state lies outside DVC's outputs, in a folder named by everything that
the result depends on, so that no run ever takes up another one's state.
"""

import json
import shutil
from typing import Any

import torch.distributed as dist

from m3ae.state_folder import root
from m3ae.training.engine import Engine
from m3ae.training.launch import is_first

LATEST = "latest.json"


class ResumeState:
    """One run's checkpoints. A run on another number of processes starts anew: ZeRO's pieces would not fit."""

    def __init__(self, digest: str):
        self.folder = root() / f"{digest}-{dist.get_world_size()}"

    def save(self, engine: Engine, step: int, notes: dict[str, Any]) -> None:
        """Write everything under a new name, then let `latest.json` point to it, then drop the older ones."""
        tag = f"step-{step}"
        engine.deepspeed.save_checkpoint(str(self.folder), tag=tag, save_latest=False)
        if is_first():
            waiting = self.folder / f"{LATEST}.waiting"
            waiting.write_text(json.dumps({"tag": tag, "step": step, "notes": notes}))
            waiting.replace(self.folder / LATEST)
            for older in self.folder.glob("step-*"):
                if older.name != tag:
                    shutil.rmtree(older)
        dist.barrier()

    def load(self, engine: Engine) -> tuple[int, dict[str, Any]]:
        """Put the newest checkpoint into the engine; the number of steps done and the notes, (0, {}) without one."""
        pointer = self.folder / LATEST
        if not pointer.is_file():
            return 0, {}
        latest = json.loads(pointer.read_text())
        engine.deepspeed.load_checkpoint(str(self.folder), tag=latest["tag"])
        return latest["step"], latest["notes"]

    def drop(self) -> None:
        if is_first():
            shutil.rmtree(self.folder, ignore_errors=True)
        dist.barrier()
