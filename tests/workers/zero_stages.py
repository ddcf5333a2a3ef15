"""Run by test_engine.py under torchrun: a few steps at every ZeRO stage, undisturbed and resumed half-way.

Writes {stage: {"losses", "resumed", "weights", "evaluation", "gradient_norm", "diverged"}} as JSON to the path given.
"""

import json
import math
import sys
from pathlib import Path

import torch
from m3ae.pretrain.identity import Identity
from torch.utils.data import Dataset

from m3ae.batches.masking import hidden_words, hide, other_images, patch_order
from m3ae.batches.order import generator_for
from m3ae.batches.pairs import PairBatch
from m3ae.engine.engine import Diverged, Engine
from m3ae.engine.params import DeepSpeedParams
from m3ae.engine.processes import is_first, join
from m3ae.model.config import ModelConfig
from m3ae.model.params import ModelParams
from m3ae.objectives.build import pretraining_learner
from m3ae.objectives.learner import Learner
from m3ae.pretrain.params import PretrainParams
from m3ae.pretrain.resume import ResumeState

STEPS, HALF, SIZE = 10, 5, 2
MODEL = ModelParams(
    image_px=32,
    patch_px=8,
    vision_encoder="scratch",
    vision_width=16,
    vision_depth=1,
    vision_heads=2,
    text_encoder="scratch",
    text_tokens=9,
    text_width=16,
    text_depth=1,
    text_heads=2,
    fusion_width=16,
    fusion_depth=4,
    fusion_heads=2,
    dropout=0.1,
    decoder_width=16,
    decoder_depth=1,
    decoder_heads=2,
)
DEEPSPEED = DeepSpeedParams(offload_optimizer="none", offload_parameters="none", recompute="none", loss_scale=0, communication="own")
METHOD = Method(mim_layer=3, mlm_layer=-1, mim_decoder="transformer", mlm_decoder="mlp")


class Batches(Dataset):
    def names(self, number: int) -> list[str]:
        return [f"pair {number}"]

    def __getitem__(self, number: int) -> PairBatch:
        generator = generator_for(7, number)
        ids = torch.randint(5, 40, (SIZE, 9), generator=generator)
        order = patch_order(SIZE, 16, generator)
        hidden = hidden_words(torch.arange(9).expand(SIZE, -1), 0.3, generator)
        shown, labels = hide(ids, hidden, 4, torch.arange(5, 40), generator)
        images = torch.randn(SIZE, 3, 32, 32, generator=generator)
        return PairBatch(ids, torch.ones_like(ids), shown, labels, images, order, order[:, :4], *other_images(["a", "b"], generator))


def new_learner() -> Learner:
    config = ModelConfig(model=MODEL, method=METHOD, objectives=("mlm", "mim", "itm"), vocabulary=40)
    return pretraining_learner(config, {"mlm": 1.0, "mim": 1.0, "itm": 1.0}, seed=0)


def new_engine(stage: int, precision: str = "fp32", resumes_others: bool = False, **changed: str) -> Engine:
    """`changed`: fields of `DeepSpeedParams`."""
    recipe = PretrainParams(
        batch=4 * SIZE,
        micro_batch=SIZE,
        learning_rate=1e-3,
        head_factor=2,
        fusion_factor=3,
        weight_decay=0.01,
        decayed_norms="none",
        clip_norm=1.0,
        warmup_share=0.25,
        zero_stage=stage,
        precision=precision,
        pad_to=1,
        steps=STEPS,
        validate_every_steps=1,
        save_every_steps=1,
    )
    return Engine(new_learner(), recipe, DEEPSPEED.model_copy(update=changed), STEPS, 0, resumes_others)


def losses(engine: Engine, first: int, last: int) -> list[float]:
    """This process's summed loss of each step."""
    return [rows[-1, 0].item() for _, rows in engine.train(Batches(), first, last)]


def run(stage: int) -> dict:
    engine = new_engine(stage)
    result = {"losses": losses(engine, 0, STEPS), "evaluation": engine.tallies(Batches(), 3)}
    result["gradient_norm"] = engine.gradient_norm()
    result["weights"] = {name: weight.double().norm().item() for name, weight in engine.full_weights().items()}
    half = new_engine(stage)
    state = ResumeState(Identity({"stage": stage}, {}))
    first_half = losses(half, 0, HALF)
    state.save(half, HALF, {"training": [], "validation": []})
    again = new_engine(stage)
    step, _ = state.load(again)
    result["resumed"] = first_half + losses(again, step, STEPS)
    result["diverged"] = diverged(stage)
    return result


def diverged(stage: int) -> str:
    """What is said of a step whose loss is a number and whose gradient is not."""
    engine = new_engine(stage)
    engine.learner.objectives["itm"].head.bias.register_hook(lambda gradient: gradient * math.nan)
    try:
        losses(engine, 0, 1)
    except Diverged as error:
        return str(error)
    return "nothing"


def main() -> None:
    join()
    results = {stage: run(stage) for stage in range(4)}
    bf16 = losses(new_engine(1, "bf16"), 0, STEPS)
    if is_first():
        Path(sys.argv[1]).write_text(json.dumps({**results, "bf16": bf16}))


if __name__ == "__main__":
    main()
