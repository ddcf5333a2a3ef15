"""Run by test_paper_scale.py: the paper's model from a random start, and one optimiser step at batch 2.

The encoders' published weights cannot be fetched in a test; their sizes are those of params.yaml. Prints
{"parameters", "loss", "moved"} as JSON on the last line.
"""

import json

from benchmarks.paper_scale import PARAMS, Repeated, pairs, paper_learner
from m3ae.engine.engine import Engine
from m3ae.engine.processes import join

RECIPE = PARAMS.pretrain.model_copy(update={"batch": 2, "micro_batch": 2, "steps": 1, "warmup_share": 0.0})


def main() -> None:
    join()
    learner = paper_learner()
    parameters = sum(parameter.numel() for parameter in learner.parameters())
    engine = Engine(learner, RECIPE, PARAMS.deepspeed, steps=2, seed=0)
    before = learner.backbone.image_projection.weight.detach().clone()
    [(_, rows)] = engine.train(Repeated([pairs(2)]), 0, 1)
    moved = (learner.backbone.image_projection.weight.detach() - before).abs().max().item()
    print(json.dumps({"parameters": parameters, "loss": rows[-1, 0].item(), "moved": moved}))


if __name__ == "__main__":
    main()
