"""The stage before pre-training: a text encoder and an image encoder that find each other's pairs, where the recipe asks for it."""

from pathlib import Path
from typing import NamedTuple

import torch.distributed as dist
from safetensors.torch import save_file

from m3ae.disk.identity import Identity
from m3ae.disk.json import write_json
from m3ae.engine.processes import is_first
from m3ae.pretrain.params import Params
from m3ae.pretrain.training import Inputs, synthetic, told, trained
from m3ae.recipes.base import recipe_of


class AlignPaths(NamedTuple):
    shards: Path  # a folder a release
    tokenizer: Path
    excluded: Path
    encoders: Path
    out: Path
    metrics: Path


def run(params: Params, paths: AlignPaths, identity: Identity) -> None:
    """Train the encoders and write their weights; every process takes part, the first one writes."""
    recipe = recipe_of(params.recipe, params.recipe_params).first()
    assert recipe is not None  # the stage sees to it
    found = trained(params, Inputs(paths.shards, paths.tokenizer, paths.excluded, paths.encoders, identity), recipe)
    if is_first():
        save_file({name: weight.contiguous() for name, weight in found.weights.items()}, paths.out)
        measured = {"steps": found.steps, "synthetic": synthetic(params, paths.shards)}
        write_json(paths.metrics, measured | found.figures)
        print(f"align: {told(found.figures)}")
    dist.barrier()
    found.state.drop()
