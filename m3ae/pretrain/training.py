"""What every stage of pre-training does between its shards and its results: data, learner, engine, and the loop over the steps."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import torch.distributed as dist
from torch import Tensor

from m3ae.batches.excluded import read_excluded
from m3ae.batches.order import seed_for
from m3ae.batches.pairs import PairBatches, PairView
from m3ae.batches.tokenizer import Tokenizer
from m3ae.disk.identity import Identity
from m3ae.engine.agreement import facts_of, facts_of_files, require_agreement
from m3ae.engine.compiled import compile_parts
from m3ae.engine.engine import Engine
from m3ae.engine.processes import device, is_first, use_deterministic_kernels
from m3ae.engine.shard_digests import require_whole_splits
from m3ae.model.config import ModelConfig
from m3ae.model.vision_by_name import architecture
from m3ae.objectives.build import active, pretraining_learner
from m3ae.objectives.learner import Learner
from m3ae.pretrain.budget import num_steps
from m3ae.pretrain.loop import Curves, Pretraining
from m3ae.pretrain.params import Params
from m3ae.pretrain.resume import ResumeState
from m3ae.pretrain.speed import DTYPES, Speed, matrix_speed, operations_a_pair
from m3ae.recipes.base import PretrainingRecipe
from m3ae.shards.read import open_manifest, open_split

PACKAGES = ("torch", "deepspeed", "timm", "tokenizers", "transformers")  # whose version may change a digit
NUM_COUNTED = 2  # pairs whose operations are counted


class Inputs(NamedTuple):
    """What is read, and by which run."""

    shards: Path  # a folder a release
    tokenizer: Path
    excluded: Path
    encoders: Path
    identity: Identity
    resume: Path | None = None  # a moved state of the same run
    before: Path | None = None  # what the stage of training before this one has left


class Trained(NamedTuple):
    """What has come out; `weights` are all that were trained."""

    config: ModelConfig
    steps: int
    weights: dict[str, Tensor]
    figures: dict[str, dict[str, float]]
    curves: Curves
    training: PairBatches
    validation: PairBatches
    state: ResumeState


def trained(params: Params, inputs: Inputs, recipe: PretrainingRecipe, before: Mapping[str, Tensor] = {}) -> Trained:
    """Train by `recipe`, from the weights that the stage `before` has left; every process takes part."""
    require_same_data(params, inputs)
    tokenizer = Tokenizer.load(inputs.tokenizer)
    m3ae = active(params.objectives) if recipe.has_m3ae else {}
    config = ModelConfig(model=params.model, method=params.reconstruction(), objectives=tuple(m3ae), vocabulary=len(tokenizer))
    training = pairs(params, inputs, tokenizer, recipe, "train")
    validation = pairs(params, inputs, tokenizer, recipe, "validation").in_order()
    learner = pretraining_learner(
        config, m3ae | recipe.weights(), params.seed, load_encoders=True, views=params.views, added=recipe.added()
    )
    encoders = {"vision": architecture(params.model.vision_encoder), "text": learner.backbone.text.transformer.config.to_diff_dict()}
    config = config.model_copy(update=encoders)
    recipe.begin(learner, before, DTYPES[params.pretrain.precision])
    state = ResumeState(inputs.identity, inputs.resume, recipe)
    state.claim()
    possible = possible_pairs_per_second(learner, training, params.pretrain.precision)
    steps = num_steps(params, recipe, config, learner, training.spread(NUM_COUNTED))
    asked = params.pretrain.model_copy(update={"steps": steps})
    use_deterministic_kernels(asked.deterministic)
    compile_parts(learner, asked.compile)
    engine = Engine(learner, asked, params.deepspeed, steps, params.seed, state.is_of_others())

    def after_step(step: int) -> None:
        recipe.after_step(step / steps, engine.whole)

    pretraining = Pretraining(engine, asked, training, validation, state, Speed(asked.batch, possible), inputs.identity.stage, after_step)
    figures = pretraining.run()
    return Trained(config, steps, engine.full_weights(), figures, pretraining.curves, training, validation, state)


def require_same_data(params: Params, inputs: Inputs) -> None:
    """Raise SystemExit, in all processes, where one reads other data than the others, or shards that are not what was written."""
    releases = {f"shards of {name}": inputs.shards / name for name in params.pretrain_releases}
    files = {"tokenizer": inputs.tokenizer, "excluded": inputs.excluded, "encoders": inputs.encoders, "encoders aligned": inputs.before}
    read = facts_of_files(**releases, **{name: path for name, path in files.items() if path})
    require_agreement(facts_of(inputs.identity) | read)
    require_whole_splits(releases.values(), ("train", "validation"))


def told(figures: dict[str, dict[str, float]]) -> str:
    """Return the scores on validation, in a line."""
    return "; ".join(f"{name} {', '.join(f'{figure} {value:.3f}' for figure, value in part.items())}" for name, part in figures.items())


def possible_pairs_per_second(learner: Learner, training: PairBatches, precision: str) -> float:
    """Return what matrix products alone would allow all processes together; each measures at the same time, as they will train."""
    operations = operations_a_pair(learner, training.spread(NUM_COUNTED)) if is_first() else 1.0
    dist.barrier()
    return dist.get_world_size() * matrix_speed(DTYPES[precision], device()) / operations


def pairs(params: Params, inputs: Inputs, tokenizer: Tokenizer, recipe: PretrainingRecipe, split: str) -> PairBatches:
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
        recipe.seen,
    )
    releases = [open_split(inputs.shards / release, split) for release in params.pretrain_releases]
    batches = PairBatches(releases, tokenizer, view, seed_for(seed), read_excluded(inputs.excluded))
    if not batches.samples:
        raise SystemExit(
            f"{inputs.shards}: none of {', '.join(params.pretrain_releases)} has a {split} pair; "
            "see data/metrics/prepare/*.json for what was found and dropped"
        )
    return batches


def synthetic(params: Params, shards: Path) -> bool:
    return any(open_manifest(shards / release).get("synthetic", False) for release in params.pretrain_releases)
