"""The pre-training stage's parts put together: shards in, a model folder, metrics, curves and pictures out."""

from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import torch.distributed as dist
from safetensors.torch import load_file
from torch import Tensor

from m3ae.batches.excluded import read_excluded
from m3ae.batches.pairs import PairBatches
from m3ae.disk.digest import MANIFEST, name_of_file
from m3ae.disk.identity import Identity, digest_of_code
from m3ae.disk.json import read_json, write_json
from m3ae.engine.processes import device, is_first, moved
from m3ae.model.card import model_card
from m3ae.model.config import ModelConfig
from m3ae.model.folder import save_model
from m3ae.objectives.build import fill, pretraining_learner
from m3ae.objectives.saved import shapes_for
from m3ae.pretrain.params import Params
from m3ae.pretrain.pictures import reconstruction_strip
from m3ae.pretrain.training import Inputs, synthetic, told, trained
from m3ae.recipes.base import recipe_of
from m3ae.recipes.registry import RECIPES
from m3ae.shards.read import stored_as

NUM_PICTURES = 8


class PretrainPaths(NamedTuple):
    shards: Path  # a folder a release
    tokenizer: Path
    excluded: Path
    encoders: Path
    aligned: Path
    out: Path
    metrics: Path
    training_curve: Path
    validation_curve: Path
    reconstructions: Path


def run(params: Params, paths: PretrainPaths, identity: Identity, resume: Path | None = None) -> None:
    """Train, then write everything; every process takes part, the first one writes. `resume`: a moved state of the same run."""
    recipe = recipe_of(params.recipe, params.recipe_params)
    inputs = Inputs(paths.shards, paths.tokenizer, paths.excluded, paths.encoders, identity, resume, paths.aligned)
    found = trained(params, inputs, recipe, load_file(paths.aligned))
    if is_first():
        weights = {name: found.weights[name] for name in shapes_for(found.config, paths.out)}  # a recipe's own parts are for training alone
        about = card(params, paths, digest_of_code(identity.files), found.figures)
        stored = stored_as(paths.shards / release for release in params.pretrain_releases)
        save_model(paths.out, found.config, weights, paths.tokenizer, about, stored)
        write_curve(paths.training_curve, found.curves.training)
        write_curve(paths.validation_curve, found.curves.validation)
        draw(found.config, weights, found.validation, paths.reconstructions)
        measured = {
            "steps": found.steps,
            "synthetic": synthetic(params, paths.shards),
            "parameters": sum(tensor.numel() for tensor in weights.values()),
            "pairs": {"train": len(found.training.samples), "validation": len(found.validation.samples)},
        }
        write_json(paths.metrics, measured | found.figures)
        print(f"pretrain: {told(found.figures)}")
    dist.barrier()
    found.state.drop()


def card(params: Params, paths: PretrainPaths, code: str, figures: dict[str, dict[str, float]]) -> str:
    return model_card(
        f"{RECIPES[params.recipe].title}, pre-trained",
        synthetic(params, paths.shards),
        code,
        data_by_the_digest_of_its_manifest={name: name_of_file(paths.shards / name / MANIFEST) for name in params.pretrain_releases},
        images_left_out_as_leaks={name: len(ids) for name, ids in read_excluded(paths.excluded).items()},
        encoders=read_json(paths.encoders, "run `dvc repro encoders`"),
        validation_scores=figures,
        parameters=params.model_dump(mode="json"),
    )


def write_curve(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write one CSV line a row, columns in the order of the first row, floats to six digits."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pl.DataFrame(rows, infer_schema_length=None).write_csv(path, float_precision=6)


def draw(config: ModelConfig, weights: dict[str, Tensor], validation: PairBatches, path: Path) -> None:
    learner = pretraining_learner(config, dict.fromkeys(config.objectives, 1.0), seed=0).to(device())
    fill(learner, weights)
    reconstruction_strip(learner, moved(validation.spread(NUM_PICTURES)), config.model.patch_px, path)
