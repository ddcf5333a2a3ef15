"""The pre-training stage's parts put together: shards in, a model folder, metrics, curves and pictures out."""

from pathlib import Path
from typing import Any, NamedTuple, Protocol

import torch.distributed as dist
from torch import Tensor

from m3ae.batches import PairBatches, PairView, seed_for
from m3ae.card import model_card
from m3ae.digest import digest_of_file
from m3ae.jsonfile import write_json
from m3ae.left_out import read_left_out
from m3ae.model.build import pretraining_learner
from m3ae.model.folder import ModelConfig, fill, save_model
from m3ae.model.learner import Learner
from m3ae.model.params import Decoder, Method, ModelParams, Negatives, ObjectiveWeights, Views, Words
from m3ae.model.vision_by_name import architecture
from m3ae.shards import open_manifest, open_split
from m3ae.tokenizer import Tokenizer
from m3ae.training.curves import write_curve
from m3ae.training.engine import Engine, moved
from m3ae.training.identity import Identity
from m3ae.training.launch import device, is_first
from m3ae.training.params import DeepSpeedParams, PretrainParams
from m3ae.training.pictures import reconstruction_strip
from m3ae.training.pretraining import Pretraining
from m3ae.training.speed import DTYPES, Speed, matrix_speed, operations_a_pair
from m3ae.training.state import ResumeState

NUM_PICTURES = 8
NUM_COUNTED = 2  # pairs whose operations are counted


class Settings(Protocol):
    """What the stage reads of params.yaml."""

    mask_ratio: float
    text_mask_ratio: float
    mim_layer: int
    mlm_layer: int
    mim_decoder: Decoder
    mlm_decoder: Decoder
    objectives: ObjectiveWeights
    views: Views
    negatives: Negatives
    words: Words
    seed: int
    pretrain_releases: tuple[str, ...]
    model: ModelParams
    deepspeed: DeepSpeedParams
    pretrain: PretrainParams

    def model_dump(self, mode: str) -> dict[str, Any]: ...


class PretrainPaths(NamedTuple):
    shards: Path  # a folder a release
    tokenizer: Path
    left_out: Path
    out: Path
    metrics: Path
    training_curve: Path
    validation_curve: Path
    reconstructions: Path


def run(params: Settings, paths: PretrainPaths, resume: Path | None = None) -> None:
    """Train, then write everything; every process takes part, the first one writes. `resume`: a moved state of the same run."""
    tokenizer = Tokenizer.load(paths.tokenizer)
    config, weights = model_config(params, len(tokenizer)), active(params.objectives)
    training = pairs(params, paths, tokenizer, "train")
    validation = pairs(params, paths, tokenizer, "validation").in_order()
    learner = pretraining_learner(config, weights, params.seed, load_encoders=True, views=params.views)
    config = config.model_copy(update={
        "vision": architecture(params.model.vision_encoder), "text": learner.backbone.text.transformer.config.to_diff_dict(),
    })  # fmt: skip
    state = ResumeState(Identity.of(params.model_dump(mode="json"), data_files(params, paths)), resume)
    state.claim()
    possible = possible_pairs_per_second(learner, training, params.pretrain.precision)
    engine = Engine(learner, params.pretrain, params.deepspeed, params.pretrain.steps, params.seed, state.is_of_others())
    pretraining = Pretraining(engine, params.pretrain, training, validation, state, Speed(params.pretrain.batch, possible))
    figures = pretraining.run()
    full_weights = engine.full_weights()
    if is_first():
        save_model(paths.out, config, full_weights, paths.tokenizer, card(params, paths, figures))
        write_curve(paths.training_curve, pretraining.curves.training)
        write_curve(paths.validation_curve, pretraining.curves.validation)
        draw(config, full_weights, validation, paths.reconstructions)
        write_json(paths.metrics, {
            "steps": params.pretrain.steps, "synthetic": synthetic(params, paths),
            "parameters": sum(tensor.numel() for tensor in full_weights.values()),
            "pairs": {"train": len(training.samples), "validation": len(validation.samples)}, **figures,
        })  # fmt: skip
    dist.barrier()
    state.drop()


def possible_pairs_per_second(learner: Learner, training: PairBatches, precision: str) -> float:
    """Of all processes together, were there nothing but matrix products; each of them measures at the same time, as they will train."""
    operations = operations_a_pair(learner, training.spread(NUM_COUNTED)) if is_first() else 1.0
    dist.barrier()
    return dist.get_world_size() * matrix_speed(DTYPES[precision], device()) / operations


def card(params: Settings, paths: PretrainPaths, figures: dict[str, dict[str, float]]) -> str:
    manifests = {release: digest_of_file(paths.shards / release / "manifest.json") for release in params.pretrain_releases}
    left_out = {release: len(ids) for release, ids in read_left_out(paths.left_out).items()}
    return model_card("M3AE, pre-trained", synthetic(params, paths), data_by_the_digest_of_its_manifest=manifests,
                      images_left_out_as_leaks=left_out, validation_scores=figures, parameters=params.model_dump(mode="json"))  # fmt: skip


def active(objectives: ObjectiveWeights) -> dict[str, float]:
    """The weights of the objectives that are on."""
    return {name: weight for name, weight in objectives if weight > 0}


def model_config(params: Settings, vocabulary: int) -> ModelConfig:
    method = Method(**{name: getattr(params, name) for name in Method.model_fields})
    return ModelConfig(model=params.model, method=method, objectives=tuple(active(params.objectives)), vocabulary=vocabulary)


def pairs(params: Settings, paths: PretrainPaths, tokenizer: Tokenizer, split: str) -> PairBatches:
    """The split's pairs of all releases. Raises SystemExit where there is none."""
    model, seed = params.model, params.seed
    num_patches = (model.image_px // model.patch_px) ** 2
    negatives = params.negatives if split == "train" else "batch"  # validation is the same for both
    view = PairView(params.pretrain.micro_batch, model.image_px, num_patches, model.text_tokens, params.pretrain.pad_to,
                    params.mask_ratio, params.text_mask_ratio, seed_for(seed, *split.encode()), params.words, negatives)  # fmt: skip
    releases = [open_split(paths.shards / release, split) for release in params.pretrain_releases]
    batches = PairBatches(releases, tokenizer, view, seed_for(seed), read_left_out(paths.left_out))
    if not batches.samples:
        raise SystemExit(
            f"{paths.shards}: none of {', '.join(params.pretrain_releases)} has a {split} pair; "
            "see data/metrics/prepare/*.json for what was found and dropped"
        )
    return batches


def data_files(params: Settings, paths: PretrainPaths) -> list[Path]:
    """The small files whose bytes say which data these are: the shards' manifests hold the shards' digests."""
    manifests = [paths.shards / release / "manifest.json" for release in params.pretrain_releases]
    return [*manifests, paths.left_out, *paths.tokenizer.iterdir()]


def synthetic(params: Settings, paths: PretrainPaths) -> bool:
    return any(open_manifest(paths.shards / release).get("synthetic", False) for release in params.pretrain_releases)


def draw(config: ModelConfig, weights: dict[str, Tensor], validation: PairBatches, path: Path) -> None:
    learner = pretraining_learner(config, dict.fromkeys(config.objectives, 1.0), seed=0).to(device())
    fill(learner, weights)
    reconstruction_strip(learner, moved(validation.spread(NUM_PICTURES)), config.model.patch_px, path)
