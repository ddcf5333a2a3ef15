"""The digest of a short pre-training on made-up pairs, at the sizes of a scale: to be compared between processors.

python -m stages.launch benchmarks.digits [--scale test] [--steps 5]; README.md says what was seen. Under an emulator, where the launcher
would leave it to set its environment, start `python -m benchmarks.digits` in that of m3ae/engine/pinned.py.
"""

import argparse
import hashlib
from pathlib import Path

import torch.distributed as dist
from torch import Tensor
from torch.utils.data import Dataset

from m3ae.batches.pairs import PairBatch
from m3ae.batches.synthetic import synthetic_pairs
from m3ae.engine.engine import Engine
from m3ae.engine.processes import is_first, join
from m3ae.model.config import ModelConfig
from m3ae.objectives.build import active, pretraining_learner
from m3ae.pretrain.params import Params

VOCABULARY = 600


class MadeUp(Dataset):
    """Micro-batch number -> pairs that it alone decides."""

    def __init__(self, params: Params):
        self.params = params

    def __getitem__(self, number: int) -> PairBatch:
        return synthetic_pairs(self.params.pretrain.micro_batch, self.params.model, self.params, VOCABULARY, seed=number)

    def names(self, number: int) -> list[str]:
        return [f"made-up micro-batch {number}"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", default="test")
    parser.add_argument("--steps", type=int, default=5)
    arguments = parser.parse_args()
    params = Params.read(Path("params.yaml"), scale=arguments.scale)
    join()
    objectives = active(params.objectives)
    config = ModelConfig(model=params.model, method=params.reconstruction(), objectives=tuple(objectives), vocabulary=VOCABULARY)
    learner = pretraining_learner(config, objectives, params.seed, load_encoders=True, views=params.views)
    engine = Engine(learner, params.pretrain, params.deepspeed, arguments.steps, params.seed)
    for _ in engine.train(MadeUp(params), 0, arguments.steps):
        pass
    digest = digest_of(engine.full_weights())[:16]
    if is_first():
        print(f"{arguments.scale}, {arguments.steps} steps, {dist.get_world_size()} processes: {digest}")


def digest_of(weights: dict[str, Tensor]) -> str:
    """Return the SHA-256 of the weights' bytes, in the order of their names."""
    digest = hashlib.sha256()
    for _, weight in sorted(weights.items()):
        digest.update(weight.numpy().tobytes())
    return digest.hexdigest()


if __name__ == "__main__":
    main()
