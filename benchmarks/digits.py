"""The digests of a short pre-training and fine-tuning on made-up data, at the sizes of a scale: to be compared between processors.

python -m stages.launch benchmarks.digits [--scale test] [--steps 5]; docs/results.md says what was seen. An emulator has to be handed each
process by itself: `python -m benchmarks.digits` in the environment of m3ae/engine/pinned.py, with RANK, LOCAL_RANK, WORLD_SIZE and
MASTER_PORT where there are several.
"""

import argparse
import hashlib
from pathlib import Path

import torch
import torch.distributed as dist
from torch import Tensor

from m3ae.batches import numbered
from m3ae.batches.order import generator_for
from m3ae.batches.pairs import PairBatch
from m3ae.batches.synthetic import synthetic_pairs
from m3ae.batches.tasks import TaskBatch
from m3ae.engine.engine import Engine
from m3ae.engine.params import Recipe
from m3ae.engine.processes import is_first, join
from m3ae.finetune.params import FinetuneParams
from m3ae.model.config import ModelConfig
from m3ae.objectives.answer import QuestionAnswering
from m3ae.objectives.build import active, pretraining_learner, start_from, task_learner
from m3ae.objectives.learner import Learner
from m3ae.params import Sources
from m3ae.pretrain.params import Params

PARAMS, TASK = Path("params.yaml"), "vqa_rad"
VOCABULARY, NUM_ANSWERS = 600, 20


class MadeUp(numbered.Batches):
    """Micro-batch number -> pairs that it alone decides."""

    def __init__(self, params: Params, micro_batch: int):
        self.params, self.micro_batch = params, micro_batch

    def __getitem__(self, number: int) -> PairBatch:
        return synthetic_pairs(self.micro_batch, self.params.model, self.params, VOCABULARY, seed=number)

    def names(self, number: int) -> list[str]:
        return [f"made-up micro-batch {number}"]


class MadeUpQuestions(MadeUp):
    """Micro-batch number -> questions, images and answers that it alone decides."""

    def __getitem__(self, number: int) -> TaskBatch:
        pairs = super().__getitem__(number)
        right = torch.randint(NUM_ANSWERS, (self.micro_batch, 1), generator=generator_for(number))
        return TaskBatch(pairs.text_ids, pairs.text_mask, pairs.images, torch.zeros(self.micro_batch, NUM_ANSWERS).scatter(1, right, 1.0))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", default="test")
    parser.add_argument("--steps", type=int, default=5)
    arguments = parser.parse_args()
    params = Params.read(PARAMS, scale=arguments.scale)
    recipe = FinetuneParams.read(Sources.load(PARAMS, arguments.scale), TASK)
    join()
    objectives = active(params.objectives)
    config = ModelConfig(model=params.model, method=params.reconstruction(), objectives=tuple(objectives), vocabulary=VOCABULARY)
    learner = pretraining_learner(config, objectives, params.seed, load_encoders=True, views=params.views)
    pretrained = trained(learner, params.pretrain, MadeUp(params, params.pretrain.micro_batch), params, arguments.steps)
    learner = task_learner(config, "answer", QuestionAnswering(params.model, NUM_ANSWERS), params.seed)
    start_from(learner, pretrained)
    finetuned = trained(learner, recipe, MadeUpQuestions(params, recipe.micro_batch), params, arguments.steps)
    if is_first():
        digests = f"pre-training {digest_of(pretrained)[:16]}, fine-tuning {digest_of(finetuned)[:16]}"
        print(f"{arguments.scale}, {arguments.steps} steps, {dist.get_world_size()} processes: {digests}")


def trained(learner: Learner, recipe: Recipe, batches: MadeUp, params: Params, steps: int) -> dict[str, Tensor]:
    """Return the learner's weights after `steps`."""
    engine = Engine(learner, recipe, params.deepspeed, steps, params.seed)
    for _ in engine.train(batches, 0, steps):
        pass
    return engine.full_weights()


def digest_of(weights: dict[str, Tensor]) -> str:
    """Return the SHA-256 of the weights' bytes, in the order of their names."""
    digest = hashlib.sha256()
    for _, weight in sorted(weights.items()):
        digest.update(weight.numpy().tobytes())
    return digest.hexdigest()


if __name__ == "__main__":
    main()
