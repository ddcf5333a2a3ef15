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
PRETRAINED = "pretrain"  # the kind of a model that was fine-tuned for no task
KIND_OF_HEAD = {"answer": "answer", "classify": "classify", "retrieval": "retrieve"}  # a fine-tuned model's one objective -> its kind
# What config.json says for others to read: it follows from the rest, or is what transformers adds.
FOR_OTHERS = ("model_type", "kind", "label2id", "architectures", "auto_map", "dtype", "transformers_version")
REMEDY = "run `dvc repro pretrain`, or copy the model folder again, whole"
MOST_PROBLEMS = 3  # named in one line
LONGEST_NAME = 300  # letters of a label, a task or its title


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
    id2label: dict[int, str] = {}  # what each of its logits stands for; empty where nothing names them, as in an imported checkpoint
    task: str = ""  # that it was fine-tuned for, and its title; "" where it was for none, or for one that nothing names
    task_title: str = ""
    vision: VisionDescription = None  # see Described
    text: TextDescription = None

    @model_validator(mode="after")
    def layers_exist(self) -> Self:
        layers = {name: getattr(self.method, name) for name in ("mim_layer", "mlm_layer")} if self.method else {}
        for name, layer in layers.items():
            if layer >= self.model.fusion_depth:
                raise ValueError(f"{name} = {layer}: the model has {self.model.fusion_depth} fusion layers")
        return self

    @model_validator(mode="after")
    def every_label_has_a_name(self) -> Self:
        named = self.id2label
        if named and (sorted(named) != list(range(self.num_labels)) or len(set(named.values())) != len(named)):
            raise ValueError(f"id2label does not name each of {self.num_labels} labels once")
        if not all(name.isprintable() and len(name) <= LONGEST_NAME for name in (*named.values(), self.task, self.task_title)):
            raise ValueError(f"a label or the task is longer than {LONGEST_NAME} letters, or holds what cannot be printed")
        return self

    @property
    def kind(self) -> str | None:
        """Return the kind of task it was fine-tuned for, "pretrain" where it was for none, None where it was trained for nothing."""
        if not self.objectives:
            return None
        return KIND_OF_HEAD.get(self.objectives[0], PRETRAINED)

    @property
    def labels(self) -> list[str]:
        """Return the names of the labels, in the order of their logits."""
        return [self.id2label[number] for number in sorted(self.id2label)]

    def encoders(self) -> Described:
        return Described(self.vision, self.text)

    def at(self, image_px: int, text_tokens: int) -> "ModelConfig":
        """Return the same model for images and texts of other sizes."""
        sizes = {**self.model.model_dump(), "image_px": image_px, "text_tokens": text_tokens}
        return self.model_copy(update={"model": ModelParams(**sizes)})

    def without_pretraining(self) -> "ModelConfig":
        """Return the same architecture for a model that starts from scratch: without method, objectives or labels."""
        return self.model_copy(update={"method": None, "objectives": (), "num_labels": 0, "id2label": {}, "task": "", "task_title": ""})

    def content(self) -> dict[str, Any]:
        """Return what config.json holds."""
        label2id = {name: number for number, name in self.id2label.items()}
        return {"model_type": MODEL_TYPE, "kind": self.kind, "label2id": label2id, **self.model_dump(mode="json")}


def saved_config(content: dict[str, Any], source: Path | str) -> ModelConfig:
    """Return what `source` says of a model. Raises `FileError`, in one line, where it is none that can be built from this alone."""
    try:
        config = ModelConfig(**{name: value for name, value in content.items() if name not in FOR_OTHERS})
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
    return saved_config(content, path)


def save_config(folder: Path, config: ModelConfig) -> None:
    write_json_exactly(folder / CONFIG, config.content())
