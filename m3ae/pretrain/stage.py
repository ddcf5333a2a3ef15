"""The pre-training stage's parts put together: shards in, a model folder, metrics, curves and pictures out."""

from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import torch.distributed as dist
from torch import Tensor

from m3ae.batches.excluded import read_excluded
from m3ae.batches.order import seed_for
from m3ae.batches.pairs import PairBatches, PairView
from m3ae.batches.tokenizer import Tokenizer
from m3ae.disk.digest import MANIFEST, name_of_file
from m3ae.disk.identity import Identity, digest_of_code
from m3ae.disk.json import read_json, write_json
from m3ae.engine.agreement import facts_of, facts_of_files, require_agreement
from m3ae.engine.compiled import compile_parts
from m3ae.engine.engine import Engine
from m3ae.engine.processes import device, is_first, moved, use_deterministic_kernels
from m3ae.engine.shard_digests import require_whole_splits
from m3ae.model.card import model_card
from m3ae.model.config import ModelConfig
from m3ae.model.folder import save_model
from m3ae.model.vision_by_name import architecture
from m3ae.objectives.build import active, fill, pretraining_learner
from m3ae.objectives.learner import Learner
from m3ae.pretrain.loop import Pretraining
from m3ae.pretrain.params import Params
from m3ae.pretrain.pictures import reconstruction_strip
from m3ae.pretrain.resume import ResumeState
from m3ae.pretrain.speed import DTYPES, Speed, matrix_speed, operations_a_pair
from m3ae.recipes.base import PretrainingRecipe, recipe_of
from m3ae.recipes.registry import RECIPES
from m3ae.shards.read import open_manifest, open_split, stored_as

NUM_PICTURES = 8
NUM_COUNTED = 2  # pairs whose operations are counted


class PretrainPaths(NamedTuple):
    shards: Path  # a folder a release
    tokenizer: Path
    excluded: Path
    encoders: Path
    out: Path
    metrics: Path
    training_curve: Path
    validation_curve: Path
    reconstructions: Path


def run(params: Params, paths: PretrainPaths, identity: Identity, resume: Path | None = None) -> None:
    """Train, then write everything; every process takes part, the first one writes. `resume`: a moved state of the same run."""
    require_same_data(params, paths, identity)
    tokenizer = Tokenizer.load(paths.tokenizer)
    recipe = recipe_of(params.recipe, params.recipe_params)
    config, weights = model_config(params, len(tokenizer)), active(params.objectives) | recipe.weights()
    training = pairs(params, paths, tokenizer, recipe, "train")
    recipe.learn(training)
    validation = pairs(params, paths, tokenizer, recipe, "validation").in_order()
    learner = pretraining_learner(config, weights, params.seed, load_encoders=True, views=params.views, added=recipe.added())
    encoders = {"vision": architecture(params.model.vision_encoder), "text": learner.backbone.text.transformer.config.to_diff_dict()}
    config = config.model_copy(update=encoders)
    state = ResumeState(identity, resume)
    state.claim()
    possible = possible_pairs_per_second(learner, training, params.pretrain.precision)
    use_deterministic_kernels(params.pretrain.deterministic)
    compile_parts(learner, params.pretrain.compile)
    engine = Engine(learner, params.pretrain, params.deepspeed, params.pretrain.steps, params.seed, state.is_of_others())
    pretraining = Pretraining(engine, params.pretrain, training, validation, state, Speed(params.pretrain.batch, possible))
    figures = pretraining.run()
    full_weights = without_added(engine.full_weights(), config)
    if is_first():
        about = card(params, paths, digest_of_code(identity.files), figures)
        stored = stored_as(paths.shards / release for release in params.pretrain_releases)
        save_model(paths.out, config, full_weights, paths.tokenizer, about, stored)
        write_curve(paths.training_curve, pretraining.curves.training)
        write_curve(paths.validation_curve, pretraining.curves.validation)
        draw(config, full_weights, validation, paths.reconstructions)
        measured = {
            "steps": params.pretrain.steps,
            "synthetic": synthetic(params, paths),
            "parameters": sum(tensor.numel() for tensor in full_weights.values()),
            "pairs": {"train": len(training.samples), "validation": len(validation.samples)},
        }
        write_json(paths.metrics, measured | figures)
        print(f"pretrain: {told(figures)}")
    dist.barrier()
    state.drop()


def require_same_data(params: Params, paths: PretrainPaths, identity: Identity) -> None:
    """Raise SystemExit, in all processes, where one reads other data than the others, or shards that are not what was written."""
    releases = {f"shards of {name}": paths.shards / name for name in params.pretrain_releases}
    read = facts_of_files(**releases, tokenizer=paths.tokenizer, excluded=paths.excluded, encoders=paths.encoders)
    require_agreement(facts_of(identity) | read)
    require_whole_splits(releases.values(), ("train", "validation"))


def told(figures: dict[str, dict[str, float]]) -> str:
    """Return the scores on validation, in a line."""
    return "; ".join(f"{name} {', '.join(f'{figure} {value:.3f}' for figure, value in part.items())}" for name, part in figures.items())


def possible_pairs_per_second(learner: Learner, training: PairBatches, precision: str) -> float:
    """Return what matrix products alone would allow all processes together; each measures at the same time, as they will train."""
    operations = operations_a_pair(learner, training.spread(NUM_COUNTED)) if is_first() else 1.0
    dist.barrier()
    return dist.get_world_size() * matrix_speed(DTYPES[precision], device()) / operations


def card(params: Params, paths: PretrainPaths, code: str, figures: dict[str, dict[str, float]]) -> str:
    return model_card(
        f"{RECIPES[params.recipe].title}, pre-trained",
        synthetic(params, paths),
        code,
        data_by_the_digest_of_its_manifest={name: name_of_file(paths.shards / name / MANIFEST) for name in params.pretrain_releases},
        images_left_out_as_leaks={name: len(ids) for name, ids in read_excluded(paths.excluded).items()},
        encoders=read_json(paths.encoders, "run `dvc repro encoders`"),
        validation_scores=figures,
        parameters=params.model_dump(mode="json"),
    )


def model_config(params: Params, vocabulary: int) -> ModelConfig:
    objectives = tuple(active(params.objectives))
    return ModelConfig(model=params.model, method=params.reconstruction(), objectives=objectives, vocabulary=vocabulary)


def pairs(params: Params, paths: PretrainPaths, tokenizer: Tokenizer, recipe: PretrainingRecipe, split: str) -> PairBatches:
    """Return the split's pairs of all releases. Raises SystemExit where there is none."""
    model, seed = params.model, params.seed
    method = params if split == "train" else params.model_copy(update={"negatives": "batch"})  # validation is the same for both
    view = PairView(
        params.pretrain.micro_batch,
        params.pretrain.num_cut_together,
        model.image_px,
        model.num_patches,
        model.text_tokens,
        params.pretrain.pad_to,
        seed_for(seed, *split.encode()),
        method,
        recipe.beside,
    )
    releases = [open_split(paths.shards / release, split) for release in params.pretrain_releases]
    batches = PairBatches(releases, tokenizer, view, seed_for(seed), read_excluded(paths.excluded))
    if not batches.samples:
        raise SystemExit(
            f"{paths.shards}: none of {', '.join(params.pretrain_releases)} has a {split} pair; "
            "see data/metrics/prepare/*.json for what was found and dropped"
        )
    return batches


def synthetic(params: Params, paths: PretrainPaths) -> bool:
    return any(open_manifest(paths.shards / release).get("synthetic", False) for release in params.pretrain_releases)


def without_added(weights: dict[str, Tensor], config: ModelConfig) -> dict[str, Tensor]:
    """Return the weights of the backbone and of M3AE's objectives: what a recipe adds is read in its training alone."""
    parts = ("backbone.", *(f"objectives.{name}." for name in config.objectives))
    return {name: weight for name, weight in weights.items() if name.startswith(parts)}


def write_curve(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write one CSV line a row, columns in the order of the first row, floats to six digits."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pl.DataFrame(rows, infer_schema_length=None).write_csv(path, float_precision=6)


def draw(config: ModelConfig, weights: dict[str, Tensor], validation: PairBatches, path: Path) -> None:
    learner = pretraining_learner(config, dict.fromkeys(config.objectives, 1.0), seed=0).to(device())
    fill(learner, weights)
    reconstruction_strip(learner, moved(validation.spread(NUM_PICTURES)), config.model.patch_px, path)
