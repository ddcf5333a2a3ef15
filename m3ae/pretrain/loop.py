"""Pre-training from the first step, or from where it was killed, to the last; validation on the way."""

from collections.abc import Callable
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

import torch
from tqdm import tqdm

from m3ae.batches.order import InOrder
from m3ae.batches.pairs import PairBatch, PairBatches
from m3ae.engine.engine import Diverged, Engine
from m3ae.engine.processes import is_first
from m3ae.engine.stop import EXIT_STATUS, StopRequest
from m3ae.objectives.tallies import Tallies, summed_over_processes
from m3ae.pretrain.live import FOLDER, LiveLog
from m3ae.pretrain.params import PretrainParams
from m3ae.pretrain.resume import ResumeState
from m3ae.pretrain.speed import Speed
from m3ae.pretrain.spikes import Spikes, told
from m3ae.progress import Bar, bar

NUM_CURVE_POINTS, NUM_LIVE_POINTS = 100, 1000


def nothing(_step: int) -> None:
    """Do nothing after a step."""


@dataclass
class Curves:
    """What was seen so far; it travels with the resume state."""

    training: list[dict[str, float]] = field(default_factory=list)
    validation: list[dict[str, float]] = field(default_factory=list)
    live: list[dict[str, float]] = field(default_factory=list)  # what the live log holds of training; with times, so it is no result


class Pretraining:
    """One run: `run()` trains and returns the final validation's figures."""

    def __init__(
        self,
        engine: Engine,
        params: PretrainParams,
        training: PairBatches,
        validation: PairBatches,
        state: ResumeState,
        speed: Speed,
        stage: str = "pretrain",
        after_step: Callable[[int], None] = nothing,
    ):
        self.engine, self.params, self.state, self.speed = engine, params, state, speed
        self.training, self.validation, self.after_step = training, validation, after_step
        self.curves, self.stop = Curves(), StopRequest()
        self.stage, self.live, self.spikes = stage, LiveLog(FOLDER / stage), Spikes()
        self.recent, self.latest = self.new_tallies(), self.new_tallies()  # since the last row of the curve, and of the live log

    def run(self) -> dict[str, dict[str, float]]:
        first_step, notes = self.state.load(self.engine)
        self.take_up(notes)
        if first_step and is_first():
            print(f"{self.stage}: goes on from step {first_step}/{self.params.steps}")
        try:
            with bar("pre-training", "step", self.params.steps, first_step, is_first()) as progress:
                self.speed.go_on()
                for step, rows in self.engine.train(self.training, first_step, self.params.steps):
                    self.after_step(step)
                    self.speed.step_done()
                    self.recent.add(rows)
                    self.latest.add(rows)
                    self.notice(step, float(rows[-1, 0] / rows[-1, 1]))
                    self.after(step, progress)
                    self.speed.go_on()
        except Diverged as error:
            raise Diverged(f"{error}; the last whole state is {self.state.newest() or 'none: nothing was saved yet'}") from None
        self.live.close()
        return self.final_figures()

    def notice(self, step: int, loss: float) -> None:
        """Tell of a spike, as each process sees it in its own share of the step."""
        usual = self.spikes.notice(loss)
        if usual is not None:
            names = [name for number in self.engine.micro_batch_numbers(step - 1, step) for name in self.training.names(number)]
            tqdm.write(told(step, loss, usual, names))

    def notes(self) -> dict[str, Any]:
        """Return what a resumed run has to know beside the weights; all processes must ask."""
        return {**vars(self.curves), "recent": summed_over_processes(self.recent.sums).tolist(), "spikes": self.num_spikes()}

    def take_up(self, notes: dict[str, Any]) -> None:
        if notes:
            self.curves = Curves(notes["training"], notes["validation"], notes["live"])
            for row in sorted(self.curves.live + self.curves.validation, key=itemgetter("step")):
                self.log(row)
            if is_first():  # the sums are those of all processes
                self.recent.sums = torch.tensor(notes["recent"], dtype=torch.float64)
                self.spikes.count = notes["spikes"]

    def num_spikes(self) -> int:
        """Return how many spikes all processes saw together; all of them must ask."""
        return int(summed_over_processes(torch.tensor(self.spikes.count)))

    def after(self, step: int, progress: Bar) -> None:
        """Do what is due after a step: note, validate, save, stop. Saving comes last, so that a resumed run repeats none of it.

        Raises SystemExit, status `EXIT_STATUS`, once the state is saved of a run that is asked to stop.
        """
        progress.update()
        stopping = self.stop.everywhere() and step < self.params.steps
        saving = self.due(step, self.params.save_every_steps)
        if saving or self.due(step, max(1, self.params.steps // NUM_CURVE_POINTS)):
            self.note_training(step)
        if saving or stopping or self.due(step, max(1, self.params.steps // NUM_LIVE_POINTS)):
            self.note_live(step, progress)
        if self.due(step, self.params.validate_every_steps):
            self.curves.validation.append({"step": step, **flat(self.figures())})
            self.log(self.curves.validation[-1])
        if (saving or stopping) and step < self.params.steps:
            self.state.save(self.engine, step, self.notes())
        if stopping:
            print(f"asked to stop: step {step} of {self.params.steps} is saved; `dvc repro` goes on from it")
            raise SystemExit(EXIT_STATUS)

    def due(self, step: int, every: int) -> bool:
        return step % every == 0 or step == self.params.steps

    def note_training(self, step: int) -> None:
        """Add a row to the training curve: the mean losses since the last one."""
        self.curves.training.append({"step": step, **mean_losses(self.recent), "learning_rate": self.engine.learning_rates["encoders"]})
        self.recent = self.new_tallies()

    def note_live(self, step: int, progress: Bar) -> None:
        """Add a row to the live log, and update the progress bar."""
        losses, speed, rates = mean_losses(self.latest), self.speed.figures(), self.engine.learning_rates
        self.latest = self.new_tallies()
        self.curves.live.append(
            {
                "step": step,
                **losses,
                "learning_rate": rates["encoders"],
                **{f"learning_rate_of_{part}": rates[part] for part in ("fusion", "heads")},
                **speed,
                "gradient_norm": self.engine.gradient_norm(),
                "spikes": self.num_spikes(),
            }
        )
        self.log(self.curves.live[-1])
        progress.set_postfix({"loss": f"{losses['total']:.3f}", "pairs/s": f"{speed['pairs_per_second']:.0f}"})

    def log(self, row: dict[str, float]) -> None:
        self.live.write(int(row["step"]), {name: value for name, value in row.items() if name != "step"})

    def new_tallies(self) -> Tallies:
        return Tallies([*self.engine.learner.tally_names(), "total"])

    def figures(self, only: tuple[str, ...] = (), change: Callable[[PairBatch], PairBatch] = lambda batch: batch) -> dict[str, float]:
        assert isinstance(self.validation.order, InOrder)
        return self.engine.tallies(self.validation, len(self.validation.order), only, change)

    def final_figures(self) -> dict[str, dict[str, float]]:
        """Return every objective's figures on the validation pairs; for MLM also with each text beside another pair's image."""
        figures = nested(self.figures())
        if "mlm" in figures:
            shuffled = self.figures(("mlm",), PairBatch.with_other_images)
            figures["mlm"]["accuracy_shuffled_image"] = shuffled["mlm.accuracy"]
        return figures


def mean_losses(tallies: Tallies) -> dict[str, float]:
    """Return the weighted sum of the losses, then each objective's and its parts', as means over all processes."""
    means = tallies.means()
    losses = {name.removesuffix(".loss").replace(".", "_"): mean for name, mean in means.items() if name.endswith("loss")}
    return {"total": means["total"], **losses}


def flat(figures: dict[str, float]) -> dict[str, float]:
    """Return the figures under names of columns, `mlm.loss` as `mlm_loss`, without those of predicting zero."""
    return {name.replace(".", "_"): value for name, value in figures.items() if not name.endswith("predicting_zero")}


def nested(figures: dict[str, float]) -> dict[str, dict[str, float]]:
    """Return the figures by objective, `mlm.loss` as `{"mlm": {"loss": ...}}`."""
    result: dict[str, dict[str, float]] = {}
    for name, value in figures.items():
        objective, figure = name.split(".")
        result.setdefault(objective, {})[figure] = value
    return result
