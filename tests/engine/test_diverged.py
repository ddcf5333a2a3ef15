"""A loss that is no number names the pairs it came from, and the state to go back to."""

import signal
from pathlib import Path
from types import SimpleNamespace

import pytest

from m3ae.engine.engine import Diverged, Engine
from m3ae.pretrain.loop import Pretraining
from m3ae.pretrain.speed import Speed

BATCHES = SimpleNamespace(names=lambda number: [f"roco ROCO_{number:05d}", "medicat figure-7"])


@pytest.fixture(autouse=True)
def signals(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the live log lies in the working directory
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_the_pairs_of_the_micro_batch_are_named(value):
    with pytest.raises(Diverged, match=r"the loss became (nan|inf) in micro-batch 3: roco ROCO_00003, medicat figure-7; lower"):
        Engine.require_finite_loss(None, [1.0, value], [2, 3], BATCHES)
    Engine.require_finite_loss(None, [1.0, 2.0], [2, 3], BATCHES)


@pytest.mark.parametrize(
    ("precision", "norm", "refused"),
    [
        ("fp32", "nan", True),
        ("bf16", "inf", True),
        ("bf16", "9", False),
        ("fp16", "inf", False),
    ],
)
def test_a_gradient_that_is_no_number_names_the_pairs_of_its_step_except_in_fp16(precision, norm, refused):
    engine = SimpleNamespace(recipe=SimpleNamespace(precision=precision, num_micro_batches=2), gradient_norm=lambda: float(norm))
    if refused:
        with pytest.raises(Diverged, match=f"the gradient became {norm} in step 4: roco ROCO_00006, medicat figure-7, roco ROCO_00007, "):
            Engine.require_finite_gradient(engine, 3, BATCHES)
    else:
        Engine.require_finite_gradient(engine, 3, BATCHES)


@pytest.mark.parametrize(("newest", "said"), [(Path("state/step-40"), "state/step-40"), (None, "none: nothing was saved yet")])
def test_the_last_whole_state_is_named(newest, said):
    def train(*_):
        raise Diverged("the loss became nan")
        yield

    engine = SimpleNamespace(learner=SimpleNamespace(tally_names=lambda: []), train=train)
    state = SimpleNamespace(load=lambda engine: (0, {}), newest=lambda: newest)
    pretraining = Pretraining(engine, SimpleNamespace(steps=10), None, None, state, Speed(batch=8, possible=1.0))
    with pytest.raises(Diverged, match=f"the loss became nan; the last whole state is {said}"):
        pretraining.run()


def test_a_spike_is_told_with_the_pairs_of_the_step(capsys):
    engine = SimpleNamespace(
        learner=SimpleNamespace(tally_names=lambda: []), micro_batch_numbers=lambda first, last: [2 * first, 2 * first + 1]
    )
    pretraining = Pretraining(engine, SimpleNamespace(steps=99), BATCHES, None, None, Speed(batch=8, possible=1.0))
    for step in range(1, 41):
        pretraining.notice(step, 9.0 if step == 31 else 2.0)
    [line] = capsys.readouterr().out.splitlines()
    assert line.startswith("step 31: the loss jumped to 9.000") and "roco ROCO_00060, medicat figure-7, roco ROCO_00061" in line
