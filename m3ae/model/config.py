"""All that it takes to build the modules that a saved model's weights fit into: a model folder's config.json."""

from pathlib import Path
from typing import Annotated, Any, NamedTuple, Self

from pydantic import Field, ValidationError, model_validator

from m3ae.disk.json import FileError, read_json, write_json_exactly
from m3ae.disk.whole import require_whole_folder
from m3ae.method import Reconstruction
from m3ae.model.described import NAME, TextDescription, VisionDescription
from m3ae.model.params import LARGEST, SCRATCH, ModelParams
from m3ae.params import Block, explain

CONFIG, WEIGHTS = "config.json", "model.safetensors"
MODEL_TYPE = "m3ae"
REMEDY = "run `dvc repro pretrain`, or copy the model folder again, whole"
MOST_PROBLEMS = 3  # named in one line


class Described(NamedTuple):
    """The encoders as a saved model knows them, so that no hub is asked for them; None: `ModelParams` says enough."""

    vision: dict[str, Any] | None = None  # timm's name and arguments
    text: dict[str, Any] | None = None  # a Hugging Face configuration


class ModelConfig(Block):
    """What a model is, its weights aside."""

    model: ModelParams
    method: Reconstruction | None  # None: it was made for no pre-training objective
    objectives: tuple[str, ...]
    vocabulary: Annotated[int, Field(ge=1, le=LARGEST)]
    num_labels: Annotated[int, Field(ge=0, le=LARGEST)] = 0  # of a fine-tuned head that answers or classifies
    vision: VisionDescription = None  # see Described
    text: TextDescription = None

    @model_validator(mode="after")
    def layers_exist(self) -> Self:
        layers = {name: getattr(self.method, name) for name in ("mim_layer", "mlm_layer")} if self.method else {}
        for name, layer in layers.items():
            if layer >= self.model.fusion_depth:
                raise ValueError(f"{name} = {layer}: the model has {self.model.fusion_depth} fusion layers")
        return self

    def encoders(self) -> Described:
        return Described(self.vision, self.text)

    def at(self, image_px: int, text_tokens: int) -> "ModelConfig":
        """Return the same model for images and texts of other sizes."""
        sizes = {**self.model.model_dump(), "image_px": image_px, "text_tokens": text_tokens}
        return self.model_copy(update={"model": ModelParams(**sizes)})

    def without_pretraining(self) -> "ModelConfig":
        """Return the same architecture for a model that starts from scratch: without method, objectives or labels."""
        return self.model_copy(update={"method": None, "objectives": (), "num_labels": 0})


def saved_config(content: dict[str, Any], source: Path | str) -> ModelConfig:
    """Return what `source` says of a model. Raises `FileError`, in one line, where it is none that can be built from this alone."""
    try:
        config = ModelConfig(**content)
    except (ValidationError, TypeError) as error:
        raise FileError(f"{source}: not a model of this project ({problems(error)}); {REMEDY}") from None
    vision, text = config.model.vision_encoder, config.model.text_encoder
    needs_a_hub = [name for name in (vision,) if not config.vision and not NAME.fullmatch(name)]  # timm knows its own list
    needs_a_hub += [name for name in (text,) if not config.text and name != SCRATCH]
    if needs_a_hub:
        raise FileError(f"{source}: names {needs_a_hub[0]!r} without describing it, and nothing is fetched for a saved model; {REMEDY}")
    return config


def problems(error: ValidationError | TypeError) -> str:
    """Return the first things that are wrong, each with its key."""
    if isinstance(error, TypeError):
        return str(error)
    found = [explain(ModelConfig, problem, ".".join(map(str, problem["loc"]))) for problem in error.errors()]
    return "; ".join(" ".join(problem.split())[:300] for problem in found[:MOST_PROBLEMS])


def load_config(folder: Path) -> ModelConfig:
    """Read a model folder's config.json. Raises `FileError` where `folder` holds no model of this project, or one that was changed."""
    path = folder / CONFIG
    require_whole_folder(folder, REMEDY)
    content = read_json(path, f"not a model of this project; {REMEDY}")
    if not isinstance(content, dict):
        raise FileError(f"{path}: not a model of this project (it holds no settings); {REMEDY}")
    content.pop("model_type", None)
    return saved_config(content, path)


def save_config(folder: Path, config: ModelConfig) -> None:
    write_json_exactly(folder / CONFIG, {"model_type": MODEL_TYPE, **config.model_dump(mode="json")})
