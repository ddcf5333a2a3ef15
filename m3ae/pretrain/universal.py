"""A checkpoint of one number of processes made readable for any other: DeepSpeed's universal checkpoint."""

import shutil
import subprocess
import sys
from pathlib import Path


def universal(checkpoint: Path, folder: Path) -> Path:
    """Make a universal copy of `checkpoint` in `folder`, anew, and return its path.

    Raises SystemExit with DeepSpeed's last words where it cannot be made.
    """
    target = folder / f"{checkpoint.name}-universal"
    shutil.rmtree(target, ignore_errors=True)
    command = [sys.executable, "-m", "deepspeed.checkpoint.ds_to_universal", "--inject_missing_state"]
    command += ["--input_folder", str(checkpoint), "--output_folder", str(target), "--num_extract_workers", "1", "--num_merge_workers", "1"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        remedy = "go on with as many processes as before, or remove it to start anew"
        raise SystemExit(f"{checkpoint}: cannot be made ready for another number of processes; {remedy}\n{done.stderr[-2000:]}")
    return target
