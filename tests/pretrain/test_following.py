"""What of pre-training reaches the live log, with an engine that computes nothing."""

import signal
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from tqdm import tqdm

from m3ae.batches.order import InOrder
from m3ae.pretrain.loop import Pretraining
from m3ae.pretrain.speed import Speed

METRICS = Path("data/live/pretrain/plots/metrics")
EARLIER = {
    "training": [{"step": 2, "total": 3.5}],
    "validation": [{"step": 2, "mlm_loss": 5.0}],
    "recent": [[0.0, 0.0]],
    "spikes": 2,
    "live": [{"step": 1, "total": 4.0, "gradient_norm": 0.1}, {"step": 2, "total": 3.0, "gradient_norm": 0.2}],
}


@pytest.fixture
def pretraining(tmp_path, monkeypatch) -> Pretraining:
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.chdir(tmp_path)  # the live log lies in the working directory
    monkeypatch.setattr("m3ae.pretrain.loop.StopRequest", lambda: SimpleNamespace(everywhere=lambda: False))
    engine = SimpleNamespace(
        learner=SimpleNamespace(tally_names=lambda: []),
        gradient_norm=lambda: 2.5,
        tallies=lambda *_: {"mlm.loss": 4.5},
        learning_rates={"encoders": 0.25, "fusion": 0.5, "heads": 1.0},
    )
    params = SimpleNamespace(steps=4, save_every_steps=4, validate_every_steps=3)
    validation = SimpleNamespace(order=InOrder(1, 1))
    yield Pretraining(engine, params, None, validation, None, Speed(batch=8, possible=1.0))
    signal.signal(signal.SIGTERM, before)


def trained(pretraining: Pretraining, step: int) -> None:
    for tallies in (pretraining.recent, pretraining.latest):
        tallies.add(torch.tensor([[3.5, 1.0]], dtype=torch.float64))
    pretraining.speed.step_done()
    pretraining.after(step, tqdm(disable=True))


def column(name: str) -> list[str]:
    return (METRICS / f"{name}.tsv").read_text().splitlines()


def test_a_resumed_run_leaves_one_whole_curve(pretraining):
    pretraining.take_up(EARLIER)
    trained(pretraining, 3)
    assert column("total") == ["step\ttotal", "1\t4.0", "2\t3.0", "3\t3.5"]
    assert column("gradient_norm") == ["step\tgradient_norm", "1\t0.1", "2\t0.2", "3\t2.5"]
    assert column("spikes") == ["step\tspikes", "3\t2"]
    assert column("mlm_loss") == ["step\tmlm_loss", "2\t5.0", "3\t4.5"]


def test_a_row_has_the_gradient_norm_every_learning_rate_and_the_speed(pretraining):
    trained(pretraining, 1)
    assert [column(name)[1] for name in ("gradient_norm", "learning_rate", "learning_rate_of_fusion", "learning_rate_of_heads")] == [
        "1\t2.5",
        "1\t0.25",
        "1\t0.5",
        "1\t1.0",
    ]
    assert len(column("pairs_per_second")) == len(column("mfu")) == len(column("spikes")) == 2


def test_only_losses_and_one_rate_are_results(pretraining):
    trained(pretraining, 1)
    assert pretraining.curves.training == [{"step": 1, "total": 3.5, "learning_rate": 0.25}]
