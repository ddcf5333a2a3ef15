"""How pre-training is doing while it runs: DVCLive's files, which `dvc exp show` and `dvc plots show` follow, and on request others'.

These rows hold times, so they are no result: they lie outside DVC's outputs and git, and M3AE_LOG=tensorboard,wandb, which
chooses further places, is no parameter.
"""

import os
from collections.abc import Callable
from pathlib import Path
from shutil import rmtree
from typing import Protocol

from m3ae.engine.processes import is_first

FOLDER = Path("data/live")  # a folder a stage
SUMMARY = ("total", "gradient_norm", "pairs_per_second", "mfu", "spikes")  # what `dvc exp show` adds to the results' own columns
PROJECT = "m3ae-dvc"  # as Weights & Biases lists it


class Sink(Protocol):
    """Where rows go."""

    def write(self, step: int, values: dict[str, float]) -> None: ...
    def close(self) -> None: ...


class DvcLive:
    def __init__(self, folder: Path):
        from dvclive import Live  # each of the three takes a second to load, and fine-tuning needs none

        self.live = Live(str(folder), save_dvc_exp=False, dvcyaml=None, report=None)

    def write(self, step: int, values: dict[str, float]) -> None:
        self.live.step = step
        for name, value in values.items():
            self.live.log_metric(name, value)
        self.live.summary = {name: value for name, value in self.live.summary.items() if name in SUMMARY}
        self.live.make_summary()

    def close(self) -> None:
        self.live.end()


class TensorBoard:
    def __init__(self, folder: Path):
        from torch.utils.tensorboard import SummaryWriter

        rmtree(folder / "tensorboard", ignore_errors=True)  # of another run; what one's own had is written again
        self.writer = SummaryWriter(str(folder / "tensorboard"))

    def write(self, step: int, values: dict[str, float]) -> None:
        for name, value in values.items():
            self.writer.add_scalar(name, value, step)
        self.writer.flush()

    def close(self) -> None:
        self.writer.close()


class WeightsAndBiases:
    def __init__(self, folder: Path):
        import wandb

        self.run = wandb.init(project=PROJECT, dir=str(folder))

    def write(self, step: int, values: dict[str, float]) -> None:
        self.run.log(values, step=step)

    def close(self) -> None:
        self.run.finish()


ON_REQUEST: dict[str, Callable[[Path], Sink]] = {"tensorboard": TensorBoard, "wandb": WeightsAndBiases}


class LiveLog:
    """Rows to every sink, from the first process alone."""

    def __init__(self, folder: Path):
        self.sinks = open_sinks(folder) if is_first() else []

    def write(self, step: int, values: dict[str, float]) -> None:
        for sink in self.sinks:
            sink.write(step, values)

    def close(self) -> None:
        for sink in self.sinks:
            sink.close()


def open_sinks(folder: Path) -> list[Sink]:
    """Open DVCLive and what M3AE_LOG names. Raises SystemExit where that is not known or not installed."""
    names = [name for name in os.environ.get("M3AE_LOG", "").split(",") if name]
    if unknown := set(names) - set(ON_REQUEST):
        raise SystemExit(f"M3AE_LOG names {', '.join(sorted(unknown))}; known: {', '.join(ON_REQUEST)}, with commas between them")
    return [DvcLive(folder), *(opened(name, folder) for name in names)]


def opened(name: str, folder: Path) -> Sink:
    try:
        return ON_REQUEST[name](folder)
    except ImportError as error:
        raise SystemExit(f"M3AE_LOG={name}: {error}; pip install 'm3ae-dvc[{name}]'") from None
