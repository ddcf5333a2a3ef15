"""All parameters at once: every key known, every value in range, and the values fit each other."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from shutil import which
from typing import Annotated, Any, Self

import yaml
from pydantic import AfterValidator, Field, model_validator

from m3ae.batches.params import TokenizerParams
from m3ae.engine.params import DeepSpeedParams
from m3ae.finetune.params import EVERY_TASK, FinetuneParams, recipe_of
from m3ae.model.config import CONFIG, WEIGHTS, load_config
from m3ae.model.fit import check_model, check_texts
from m3ae.model.params import SCRATCH, ScaledModelParams
from m3ae.objectives.registry import OBJECTIVES
from m3ae.params import SCALE, ParamsError, Seed, Sources, is_section, meant
from m3ae.perturb.params import GridName
from m3ae.phantom.params import PhantomParams
from m3ae.prepare.params import PrepareParams, RetrieveParams
from m3ae.pretrain.params import PretrainParams
from m3ae.protocol import AnswerSource, DropLeaks, Protocol
from m3ae.recipes.chosen import RecipeMethod
from m3ae.recipes.registry import RECIPES
from m3ae.releases.catalogue import CATALOGUE
from m3ae.releases.licences import Licence
from m3ae.releases.readers.melinda import Label
from m3ae.releases.readers.slake import Language
from m3ae.tasks import TASKS


def distinct(values: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(set(values)) != len(values):
        raise ValueError("names something twice")
    return values


def folders(paths: tuple[Path, ...]) -> tuple[Path, ...]:
    """Require absolute paths of folders that are there: a queued run works in another folder."""
    for path in paths:
        if not path.is_absolute() or not path.is_dir():
            raise ValueError(f"'{path}' is not the absolute path of a folder that is there; mount it, or correct or remove its line")
    return paths


def known(names: tuple[str, ...]) -> AfterValidator:
    """Return the rule that every value is one of `names`."""

    def require(values: tuple[str, ...]) -> tuple[str, ...]:
        for value in values:
            if value not in names:
                raise ValueError(f"{value!r} is not known{meant(value, names)}; known: {', '.join(names)}")
        return values

    return AfterValidator(require)


PAIRS = tuple(name for name, release in CATALOGUE.items() if release.has_pairs)
Names = Annotated[tuple[str, ...], Field(min_length=1), AfterValidator(distinct)]


class AllParams(RecipeMethod):
    """params.yaml, key by key, and the chosen scale, but for the fine-tuning recipes."""

    seed: Seed
    releases: Annotated[str, Field(min_length=1)]
    pretrained: Annotated[str, Field(min_length=1)]
    pretrain_releases: Annotated[Names, known(PAIRS)]
    tasks: Annotated[Names, known(tuple(TASKS))]
    seeds: Annotated[tuple[Seed, ...], Field(min_length=1), AfterValidator(distinct)]
    protocol: Protocol
    answers: AnswerSource
    licences: Annotated[tuple[Licence, ...], AfterValidator(distinct)]
    languages: Annotated[tuple[Language, ...], Field(min_length=1), AfterValidator(distinct)]
    melinda_label: Label
    image_folders: Annotated[tuple[Path, ...], AfterValidator(distinct), AfterValidator(folders)]
    robustness: GridName
    drop_leaks: DropLeaks
    scale: str
    phantom: PhantomParams
    prepare: PrepareParams
    tokenizer: TokenizerParams
    model: ScaledModelParams
    deepspeed: DeepSpeedParams
    pretrain: PretrainParams
    retrieve: RetrieveParams

    @model_validator(mode="after")
    def layers_exist(self) -> Self:
        depth = self.model.fusion_depth
        for name in ("mim_layer", "mlm_layer"):
            if getattr(self, name) >= depth:
                found = f"{name} = {getattr(self, name)}"
                raise ValueError(f"{found}: scale {self.scale} has {depth} fusion layers (allowed: -1 to {depth - 1})")
        return self

    @model_validator(mode="after")
    def something_stays_visible(self) -> Self:
        num_patches = self.model.num_patches
        if int(num_patches * (1 - self.mask_ratio)) < 1:
            most = 1 - 1 / num_patches
            raise ValueError(f"mask_ratio = {self.mask_ratio} leaves none of {num_patches} patches (allowed: > 0 and <= {most:.4f})")
        return self


def check(params_path: Path, pipeline_path: Path) -> None:
    """Raise `ParamsError`, with a line for everything that is wrong."""
    try:
        check_values(params_path, pipeline_path)
    except ParamsError as error:
        raise ParamsError(f"{error}{remedy(params_path.parent)}") from None


def check_values(params_path: Path, pipeline_path: Path) -> None:
    sources = Sources.load(params_path)
    if unknown := list(unknown_keys(sources)):
        raise ParamsError("\n".join(unknown))
    params = AllParams.read(params_path)
    recipes = read_recipes(params.tasks, sources)
    check_fit(params, recipes, sources)
    check_objectives(params, params_path)
    pretrained = Path(params.pretrained)
    is_made = pretrained.as_posix() in outputs(pipeline_path, "pretrain")
    lengths = {f"finetune.{task}.text_tokens": recipe.text_tokens for task, recipe in recipes.items()}
    lengths |= {"retrieve.text_tokens": params.retrieve.text_tokens}
    check_encoders(params, sources.scale_path, lengths if is_made else {})
    if not is_made:
        check_pretrained(pretrained, params_path, {task: recipe.image_px for task, recipe in recipes.items()}, lengths)
    check_releases(Path(params.releases), params_path, outputs(pipeline_path, "phantom"))


def read_recipes(tasks: tuple[str, ...], sources: Sources) -> dict[str, FinetuneParams]:
    """Return each task's recipe. Raises `ParamsError` with a line for each wrong key of all of them."""
    recipes: dict[str, FinetuneParams] = {}
    wrong: dict[str, None] = {}
    for task in tasks:
        try:
            recipes[task] = recipe_of(task).read(sources, task)
        except ParamsError as error:
            wrong |= dict.fromkeys(str(error).splitlines())
    if wrong:
        raise ParamsError("\n".join(wrong))
    return recipes


def remedy(folder: Path) -> str:
    """Return how to put the committed parameters back, where the files differ from them: `dvc exp run -S` has written into them."""
    command = ["git", "diff", "--relative", "--name-only", "HEAD", "--", "params.yaml", "scales"]
    if in_queue() or not which("git"):
        return ""
    found = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    changed = " ".join(found.stdout.split())
    if found.returncode or not changed:
        return ""
    written = f"{changed} differs from the last commit, for `dvc exp run -S` writes into it, refused or not"
    return f"\n{written}; `git checkout {changed}` puts the committed values back"


def unknown_keys(sources: Sources) -> Iterator[str]:
    """Yield a line for each key that no stage reads; those within a block are found where it is read."""
    places = [place for kind in sections() for place in kind.places]
    fields = [name for name, field in AllParams.model_fields.items() if not is_section(field.annotation)]
    yield from not_among(sources.path, sources.contents[sources.path], {*fields, *heads(places, in_scale=False)})
    yield from not_among(sources.scale_path, sources.scale, heads(places, in_scale=True))
    yield from not_among(sources.path, sources.block(sources.path, "recipes"), set(RECIPES), "recipes.")
    recipes = sources.block(sources.scale_path, "finetune")
    yield from not_among(sources.scale_path, recipes, {EVERY_TASK, *TASKS}, "finetune.")


def sections() -> list[Any]:
    return [FinetuneParams, *(field.annotation for field in AllParams.model_fields.values() if is_section(field.annotation))]


def heads(places: list[str], in_scale: bool) -> set[str]:
    """Return the first part of each place in the one file or the other."""
    return {place.removeprefix(SCALE).split(".")[0] for place in places if place.startswith(SCALE) == in_scale}


def not_among(file: Path, block: dict[str, Any], names: set[str], prefix: str = "") -> Iterator[str]:
    for key in block:
        if key not in names:
            yield f"{file}: {prefix}{key} is not a parameter{meant(key, sorted(names))}; known here: {', '.join(sorted(names))}"


def check_fit(params: AllParams, recipes: dict[str, FinetuneParams], sources: Sources) -> None:
    """Raise `ParamsError` where values of different blocks do not fit each other."""
    read = max(params.model.image_px, *(recipe.image_px for recipe in recipes.values()))
    if params.prepare.image_px < read:
        raise ParamsError(
            f"{sources.scale_path}: prepare.image_px {params.prepare.image_px} is smaller than the {read} px that a stage reads"
        )
    for task, recipe in recipes.items():
        if recipe.image_px % params.model.patch_px:
            fault = f"image_px {recipe.image_px} of {task} is not a multiple of patch_px {params.model.patch_px}"
            raise ParamsError(f"{sources.scale_path}: finetune: {fault}")
    for used in (params.pretrain, *recipes.values()):
        if refusal := params.deepspeed.refusal(used.zero_stage):
            raise ParamsError(f"{sources.path}: {refusal}; a recipe of {sources.scale_path} has {used.zero_stage}")


def check_objectives(params: AllParams, path: Path) -> None:
    """Raise `ParamsError` unless exactly the objectives of the registry have a weight."""
    if unknown := list(not_among(path, params.objectives, set(OBJECTIVES), "objectives.")):
        raise ParamsError("\n".join(unknown))
    if missing := sorted(OBJECTIVES.keys() - params.objectives.keys()):
        raise ParamsError(f"{path}: objectives.{missing[0]} is missing; 0 turns it off")


def check_encoders(params: AllParams, path: Path, lengths: dict[str, int]) -> None:
    """Raise `ParamsError` where an encoder of the chosen scale does not fit the other parameters; no weights are loaded.

    `lengths`: by parameter, the most tokens of a text that this model reads after pre-training.
    """
    try:
        check_texts(params.model, params.tokenizer.source, {"model.text_tokens": params.model.text_tokens, **lengths})
    except (OSError, ValueError) as error:
        raise ParamsError(f"{path}: {error}") from None
    if params.model.vision_encoder == SCRATCH:
        return
    from m3ae.model.vision_by_name import check_vision_encoder  # torch and timm take seconds to load

    try:
        check_vision_encoder(params.model, params.objectives["mim"] > 0)
    except (OSError, ValueError) as error:
        raise ParamsError(f"{path}: model: {error}") from None


def check_pretrained(folder: Path, path: Path, sides: dict[str, int], lengths: dict[str, int]) -> None:
    """Raise `ParamsError` where `pretrained`, not made by the pipeline, is no model folder or cannot read images and texts so large.

    `sides`: of the images, in px, by task; `lengths`: the most tokens of a text, by parameter.
    """
    if not all((folder / name).is_file() for name in (CONFIG, WEIGHTS)):
        found = f"pretrained = {str(folder)!r} holds no model"
        raise ParamsError(f"{path}: {found}; give one that `m3ae import` made, or data/pretrain")
    try:
        check_model(load_config(folder), sides, lengths)
    except (OSError, ValueError) as error:
        raise ParamsError(f"{path}: pretrained = {str(folder)!r}: {error}") from None


def check_releases(releases: Path, path: Path, drawn: set[str]) -> None:
    """Raise `ParamsError` unless `releases` is a folder, or DVC makes it one before it is read; `drawn` is what `phantom` makes."""
    relative = Path(os.path.relpath(releases))
    if inside := [parent for parent in relative.parents if parent.as_posix() in drawn]:
        found = f"releases = {str(releases)!r} lies in {inside[0]}"
        raise ParamsError(f"{path}: {found}, which DVC removes before it makes it again; move the releases elsewhere")
    if releases.is_dir() or relative.as_posix() in drawn or is_added(relative):
        return
    if in_queue() and not releases.is_absolute():
        raise ParamsError(
            f"{path}: releases = {str(releases)!r}: queued and temporary runs work in a copy of the repository, "
            "where a relative folder that DVC does not track is absent; give an absolute path, or `dvc add` the folder"
        )
    raise ParamsError(f"{path}: releases = {str(releases)!r}: no such folder; give the one that holds {', '.join(CATALOGUE)}")


def in_queue() -> bool:
    """Return whether this is one of DVC's copies: DVC_ROOT names the main repository in those, too."""
    root = os.environ.get("DVC_ROOT")
    return root is not None and Path(root).resolve() != Path.cwd().resolve()


def is_added(folder: Path) -> bool:
    """Return whether `dvc add` has put the folder, or what it lies in, under DVC's care: a `.dvc` file lies beside it."""
    return any(place.with_name(f"{place.name}.dvc").is_file() for place in (folder, *folder.parents) if place.name)


def outputs(pipeline_path: Path, *names: str) -> set[str]:
    """Return what dvc.yaml calls outputs outside its loops: of the stages `names`, or of all."""
    stages = yaml.safe_load(pipeline_path.read_text(encoding="utf-8"))["stages"]
    chosen = (stages[name] for name in names or stages)
    return {out for stage in chosen for out in stage.get("outs", ()) if isinstance(out, str)}
