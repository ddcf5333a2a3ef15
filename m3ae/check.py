"""All of params.yaml at once: every key known, every value in range, and the values fit each other."""

import os
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import AfterValidator, Field, model_validator

from m3ae.licences import Licence
from m3ae.model.params import SCRATCH, Decoder, Layer, ModelParams, Negatives, ObjectiveWeights, Ratio, Seed, Views, Words
from m3ae.params import Block, ParamsError, load, validated
from m3ae.phantom.params import PhantomParams
from m3ae.prepare.params import PrepareParams
from m3ae.readers.melinda import Label
from m3ae.readers.slake import Language
from m3ae.retrieval.params import RetrieveParams
from m3ae.tasks import TaskName
from m3ae.tokenizer_params import TokenizerParams
from m3ae.training.params import DeepSpeedParams, FinetuneParams, PretrainParams


def distinct(values: tuple) -> tuple:
    if len(set(values)) != len(values):
        raise ValueError("names something twice")
    return values


class FinetuneBlocks(Block):
    vqa_rad: FinetuneParams
    slake: FinetuneParams
    vqa_med_2019: FinetuneParams
    melinda: FinetuneParams
    roco_retrieval: FinetuneParams


class Scale(Block):
    phantom: PhantomParams
    prepare: PrepareParams
    tokenizer: TokenizerParams
    model: ModelParams
    deepspeed: DeepSpeedParams
    pretrain: PretrainParams
    finetune: FinetuneBlocks
    retrieve: RetrieveParams

    @model_validator(mode="after")
    def images_are_stored_large_enough(self) -> Self:
        read = max(self.model.image_px, *(block.image_px for _, block in self.finetune))
        if self.prepare.image_px < read:
            raise ValueError(f"prepare.image_px {self.prepare.image_px} is smaller than the {read} px that a stage reads")
        return self

    @model_validator(mode="after")
    def offloading_goes_with_the_stages(self) -> Self:
        for recipe in (self.pretrain, *(block for _, block in self.finetune)):
            if refusal := self.deepspeed.refusal(recipe.zero_stage):
                raise ValueError(f"{refusal}; a recipe here has {recipe.zero_stage}")
        return self


class Scales(Block):
    demo: Scale
    paper: Scale
    test: Scale


class AllParams(Block):
    """params.yaml, key by key."""

    mask_ratio: Ratio
    text_mask_ratio: Ratio
    mim_layer: Layer
    mlm_layer: Layer
    mim_decoder: Decoder
    mlm_decoder: Decoder
    objectives: ObjectiveWeights
    views: Views
    negatives: Negatives
    words: Words
    seed: Seed
    releases: Annotated[str, Field(min_length=1)]
    pretrained: Annotated[str, Field(min_length=1)]
    pretrain_releases: Annotated[tuple[Literal["roco", "rocov2", "medicat", "own"], ...], Field(min_length=1), AfterValidator(distinct)]
    tasks: Annotated[tuple[TaskName, ...], Field(min_length=1), AfterValidator(distinct)]
    seeds: Annotated[tuple[Seed, ...], Field(min_length=1), AfterValidator(distinct)]
    answers: Literal["all", "train"]
    licenses: Annotated[tuple[Licence, ...], AfterValidator(distinct)]
    languages: Annotated[tuple[Language, ...], Field(min_length=1), AfterValidator(distinct)]
    melinda_label: Label
    drop_leaks: bool
    scale: Literal["demo", "paper", "test"]
    scales: Scales

    @model_validator(mode="after")
    def layers_exist(self) -> Self:
        depth = getattr(self.scales, self.scale).model.fusion_depth
        for name in ("mim_layer", "mlm_layer"):
            if getattr(self, name) >= depth:
                found = f"{name} = {getattr(self, name)}"
                raise ValueError(f"{found}: scale {self.scale} has {depth} fusion layers (allowed: -1 to {depth - 1})")
        return self

    @model_validator(mode="after")
    def something_stays_visible(self) -> Self:
        model = getattr(self.scales, self.scale).model
        num_patches = (model.image_px // model.patch_px) ** 2
        if int(num_patches * (1 - self.mask_ratio)) < 1:
            most = 1 - 1 / num_patches
            raise ValueError(f"mask_ratio = {self.mask_ratio} leaves none of {num_patches} patches (allowed: > 0 and <= {most:.4f})")
        return self


def check(params_path: Path, pipeline_path: Path) -> None:
    """Raises `ParamsError` with a line for everything that is wrong."""
    params = validated(AllParams, load(params_path), params_path)
    check_encoders(params, params_path)
    pretrained = Path(params.pretrained)
    if not (pretrained.as_posix() in outputs(pipeline_path) or (pretrained / "config.json").is_file()):
        found = f"pretrained = {params.pretrained!r} holds no model"
        raise ParamsError(f"{params_path}: {found}; give one that `m3ae import` made, or data/pretrain")
    if in_queue() and not reachable_in_queue(Path(params.releases), pipeline_path):
        raise ParamsError(
            f"{params_path}: releases = {params.releases!r}: queued and temporary runs work in a copy of the repository, "
            "where a relative folder that DVC does not track is absent; give an absolute path, or `dvc add` the folder"
        )


def check_encoders(params: AllParams, path: Path) -> None:
    """Of the chosen scale; nothing is loaded."""
    block = getattr(params.scales, params.scale)
    if block.model.text_encoder != SCRATCH and block.tokenizer.source == "train":
        raise ParamsError(f"{path}: text_encoder = {block.model.text_encoder!r} was trained with a tokenizer of its own; "
                          "name it as tokenizer.source, too")  # fmt: skip
    if block.model.vision_encoder == SCRATCH:
        return
    from m3ae.model.vision_by_name import check_vision_encoder  # torch and timm take seconds to load

    try:
        check_vision_encoder(block.model, params.objectives.mim > 0)
    except (OSError, ValueError) as error:
        raise ParamsError(f"{path}: scales.{params.scale}.model: {error}") from None


def in_queue() -> bool:
    """Whether this is one of DVC's copies: DVC_ROOT names the main repository in those, too."""
    root = os.environ.get("DVC_ROOT")
    return root is not None and Path(root).resolve() != Path.cwd().resolve()


def reachable_in_queue(releases: Path, pipeline_path: Path) -> bool:
    if releases.is_absolute() or releases.exists():
        return True
    tracked = outputs(pipeline_path)
    places = (releases, *releases.parents[:-1])
    return any(place.as_posix() in tracked or place.with_name(f"{place.name}.dvc").is_file() for place in places)


def outputs(pipeline_path: Path) -> set[str]:
    """The outputs that dvc.yaml names outside its loops."""
    stages = yaml.safe_load(pipeline_path.read_text())["stages"].values()
    return {out for stage in stages for out in stage.get("outs", ()) if isinstance(out, str)}
