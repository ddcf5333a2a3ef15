"""A loss that is no number names the pairs it came from, and the state to go back to."""

import signal
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from m3ae.batches import TaskBatch
from m3ae.objectives.base import Loss
from m3ae.training.engine import Diverged, Engine
from m3ae.training.pretraining import Pretraining

BATCH = TaskBatch(*[torch.zeros(1)] * 4)
BATCHES = SimpleNamespace(names=lambda number: [f"roco ROCO_{number:05d}", "medicat figure-7"])


@pytest.fixture(autouse=True)
def signals():
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_the_pairs_of_the_micro_batch_are_named(value):
    engine = SimpleNamespace(seed=0, deepspeed=lambda batch: Loss(torch.tensor(value), torch.zeros(1, 2)))
    with pytest.raises(Diverged, match=r"the loss became (nan|inf) in micro-batch 3: roco ROCO_00003, medicat figure-7; lower"):
        Engine.piece(engine, BATCH, 3, BATCHES)


@pytest.mark.parametrize(("newest", "said"), [(Path("state/step-40"), "state/step-40"), (None, "none: nothing was saved yet")])
def test_the_last_whole_state_is_named(newest, said):
    def train(*_):
        raise Diverged("the loss became nan")
        yield

    engine = SimpleNamespace(learner=SimpleNamespace(tally_names=lambda: []), train=train)
    state = SimpleNamespace(load=lambda engine: (0, {}), newest=lambda: newest)
    pretraining = Pretraining(engine, SimpleNamespace(steps=10), None, None, state)
    with pytest.raises(Diverged, match=f"the loss became nan; the last whole state is {said}"):
        pretraining.run()
