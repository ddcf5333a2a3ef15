import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def step() -> dict:
    command = [sys.executable, "-m", "tests.workers.paper_step"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_the_papers_model_has_366_million_parameters(step):
    assert round(step["parameters"] / 1e6) == 366


def test_it_takes_a_step_at_batch_2(step):
    chance = math.log(50265) + 1 + math.log(2)  # of the three losses at a random start
    assert step["loss"] == pytest.approx(chance, rel=0.15) and step["moved"] > 0
