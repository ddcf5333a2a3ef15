"""Run by test_paper_scale.py: the paper's model from a random start, and one optimiser step at batch 2.

The encoders' published weights cannot be fetched in a test; their sizes are those of params.yaml. Prints
{"parameters", "loss", "moved"} as JSON on the last line.
"""

import json
from pathlib import Path

import torch
from torch.utils.data import Dataset

from m3ae.batches import PairBatch, generator_for
from m3ae.masking import hidden_words, hide, num_kept, other_images, patch_order
from m3ae.model.build import pretraining_learner
from m3ae.model.folder import ModelConfig
from m3ae.model.params import Method, ModelParams
from m3ae.params import load
from m3ae.training.engine import Engine
from m3ae.training.launch import join
from m3ae.training.params import PretrainParams

ROBERTA_VOCABULARY = 50265
CONTENT = load(Path(__file__).parents[2] / "params.yaml")
PAPER = CONTENT["scales"]["paper"]
MODEL = ModelParams(**PAPER["model"] | {"vision_encoder": "scratch", "text_encoder": "scratch"})
RECIPE = PretrainParams(**PAPER["pretrain"] | {"batch": 2, "micro_batch": 2, "steps": 1, "warmup_share": 0.0})


class Pairs(Dataset):
    def __getitem__(self, number: int) -> PairBatch:
        generator = generator_for(number)
        ids = torch.randint(4, ROBERTA_VOCABULARY, (2, MODEL.text_tokens), generator=generator)
        num_patches = (MODEL.image_px // MODEL.patch_px) ** 2
        order = patch_order(2, num_patches, generator)
        hidden = hidden_words(torch.arange(MODEL.text_tokens).expand(2, -1), CONTENT["text_mask_ratio"], generator)
        shown, labels = hide(ids, hidden, 4, torch.arange(4, ROBERTA_VOCABULARY), generator)
        images = torch.randn(2, 3, MODEL.image_px, MODEL.image_px, generator=generator)
        kept = order[:, : num_kept(num_patches, CONTENT["mask_ratio"])]
        return PairBatch(ids, torch.ones_like(ids), shown, labels, images, order, kept, *other_images(["a", "b"], generator))


def main() -> None:
    join()
    method = Method(**{name: CONTENT[name] for name in Method.model_fields})
    config = ModelConfig(model=MODEL, method=method, objectives=("mlm", "mim", "itm"), vocabulary=ROBERTA_VOCABULARY)
    learner = pretraining_learner(config, {"mlm": 1.0, "mim": 1.0, "itm": 1.0}, seed=0)
    parameters = sum(parameter.numel() for parameter in learner.parameters())
    engine = Engine(learner, RECIPE, steps=2, seed=0)
    before = learner.backbone.image_projection.weight.detach().clone()
    [(_, rows)] = engine.train(Pairs(), 0, 1)
    moved = (learner.backbone.image_projection.weight.detach() - before).abs().max().item()
    print(json.dumps({"parameters": parameters, "loss": rows[-1, 0].item(), "moved": moved}))


if __name__ == "__main__":
    main()
