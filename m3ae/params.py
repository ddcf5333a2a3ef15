"""Strict reading of params.yaml and of the chosen scale's file: one stage's share of them becomes one frozen object.

A stage declares a `StageParams` whose fields are exactly the parameters that it reads. A field whose type is a `Section` is read from
the blocks that its `places` name, every other field from the top level of params.yaml.
There are no defaults in code, for DVC watches these files, not Python.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self, TypeGuard, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, YamlConfigSettingsSource

T = TypeVar("T", bound=BaseModel)
Seed = Annotated[int, Field(ge=0, lt=2**32)]
Count = Annotated[int, Field(ge=1)]
Origin = tuple[Path, str]  # a file, and the dotted key of a block in it
SCALE_FILE = "scales/${scale}.yaml"
SCALE, TASK, RECIPE = f"{SCALE_FILE}:", "${item.task}", "${recipe}"  # as dvc.yaml spells them


class ParamsError(SystemExit):
    """The parameters hold something that no stage should start on; the message says what and where."""


class Block(BaseModel):
    """A mapping among the parameters. Unknown keys are refused, values cannot be reassigned."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Section(Block):
    """A block whose keys stand in one or several places, each key in one of them.

    A place is a dotted key of params.yaml or, after `SCALE`, of the scale's file; `TASK` in it stands for the task at hand, `RECIPE` for
    the recipe that params.yaml names.
    """

    places: ClassVar[tuple[str, ...]]

    @classmethod
    def read(cls, sources: "Sources", task: str = "") -> Self:
        """Join the blocks of all places. Raises `ParamsError`, naming the file, the key, the value and the allowed range."""
        values: dict[str, Any] = {}
        origins: dict[str, Origin] = {}
        for place in cls.places:
            file, key = sources.find(place, task)
            block = sources.block(file, key)
            if twice := sorted(values.keys() & block.keys()):
                raise ParamsError(f"{file}: {key}.{twice[0]} stands in {': '.join(map(str, origins[twice[0]]))} too; leave one of the two")
            values |= block
            origins |= dict.fromkeys(block, (file, key))
        return validated(cls, values, origins, default=(file, key))


class StageParams(BaseSettings):
    """What one stage reads of the parameters. The environment is never a source (dvc.lock would miss it)."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid")

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource, *_: Any, **_others: Any
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)

    @classmethod
    def read(cls, path: Path, task: str = "", scale: str | None = None, **kinds: type[Section]) -> Self:
        """Read this stage's parameters from `path` and the scale's file beside it.

        `kinds` may name a narrower type for a field than the class does. Raises `ParamsError`, with a line for each wrong key.
        """
        sources, values, wrong = Sources.load(path, scale), {}, []
        for name, field in cls.model_fields.items():
            try:
                kind = kinds.get(name, field.annotation)
                values[name] = kind.read(sources, task) if is_section(kind) else sources.value(path, name)
            except ParamsError as error:
                wrong.append(str(error))
        if wrong:
            raise ParamsError("\n".join(wrong))
        return validated(cls, values, {}, default=(path, ""))

    @classmethod
    def keys(cls) -> set[str]:
        """Return every key that is read, as dvc.yaml has to declare it: `<key>` or `<file>:<key>`."""
        fields = cls.model_fields.items()
        return {key for name, field in fields for key in (field.annotation.places if is_section(field.annotation) else [name])}


def is_section(kind: Any) -> TypeGuard[type[Section]]:
    return isinstance(kind, type) and issubclass(kind, Section)


@dataclass(frozen=True)
class Sources:
    """params.yaml and the file of one scale, as nested dictionaries."""

    path: Path
    scale_path: Path
    contents: dict[Path, dict[str, Any]]

    @classmethod
    def load(cls, path: Path, scale: str | None = None) -> Self:
        """Load both; `scale` None: the one that params.yaml names. Raises `ParamsError` where there is no such scale."""
        content = load(path)
        if scale is None and "scale" not in content:
            raise ParamsError(f"{path}: scale is missing{meant('scale', list(content))}")
        scale = scale or content["scale"]
        scale_path = path.parent / SCALE_FILE.replace("${scale}", str(scale))
        if not scale_path.is_file():
            known = sorted(file.stem for file in scale_path.parent.glob("*.yaml"))
            raise ParamsError(f"{path}: scale {scale!r}: there is no {scale_path}; known: {', '.join(known)}{meant(str(scale), known)}")
        return cls(path, scale_path, {path: content, scale_path: load(scale_path)})

    @property
    def scale(self) -> dict[str, Any]:
        return self.contents[self.scale_path]

    def find(self, place: str, task: str = "") -> tuple[Path, str]:
        """Return the file and the dotted key that `place` means."""
        place = place.replace(TASK, task).replace(RECIPE, str(self.contents[self.path].get("recipe")))
        return (self.scale_path, place.removeprefix(SCALE)) if place.startswith(SCALE) else (self.path, place)

    def value(self, file: Path, key: str) -> Any:
        value: Any = self.contents[file]
        for part in key.split("."):
            if not isinstance(value, dict) or part not in value:
                others = value if isinstance(value, dict) else ()
                raise ParamsError(f"{file}: {key} is missing{meant(part, sorted(map(str, others)))}")
            value = value[part]
        return value

    def block(self, file: Path, key: str) -> dict[str, Any]:
        value = self.value(file, key)
        if not isinstance(value, dict):
            raise ParamsError(f"{file}: {key} = {value!r}: a block of parameters expected")
        return value


def load(path: Path) -> dict[str, Any]:
    """Return the file as nested dictionaries. Raises `ParamsError` where it is no mapping, or holds a key twice."""
    if not path.is_file():
        raise ParamsError(f"{path}: no such file; run from the project's folder")
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"))
        twice = list(repeated_keys(root))
        content = YamlConfigSettingsSource(StageParams, yaml_file=path)()
    except (yaml.YAMLError, ValueError, TypeError) as error:
        raise ParamsError(f"{path}: holds no parameters ({error}); correct it") from None
    if twice:
        raise ParamsError(f"{path}: {twice[0]}; leave one of the two")
    return content


def repeated_keys(node: yaml.Node | None) -> Iterator[str]:
    """Yield a phrase for each key that its mapping holds already: YAML would take the last one without a word."""
    seen: set[str] = set()
    for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
        if key.value in seen:
            yield f"line {key.start_mark.line + 1}: {key.value} is there twice"
        seen.add(key.value)
        yield from repeated_keys(value)


def validated(kind: type[T], values: dict[str, Any], origins: dict[str, Origin], default: Origin) -> T:
    """Return `kind(**values)`, or raise a `ParamsError` with a line for each wrong key.

    `origins` says for each key in which block of which file it stands, `default` where it would stand.
    """
    try:
        return kind(**values)
    except ValidationError as error:
        raise ParamsError("\n".join(describe(kind, problem, origins, default) for problem in error.errors())) from None


def describe(kind: type[BaseModel], problem: Mapping[str, Any], origins: dict[str, Origin], default: Origin) -> str:
    location = problem["loc"]
    if problem["type"] == "missing" and len(location) == 1 and issubclass(kind, Section):
        places = (f"{default[0] if SCALE in place else 'params.yaml'}: {place.removeprefix(SCALE)}" for place in kind.places)
        return f"{location[0]} is missing; its line stands in {' or '.join(places)}"
    file, block = origins.get(location[0], default) if location else default
    return f"{file}: {explain(kind, problem, '.'.join(filter(None, [block, *map(str, location)])))}"


def explain(kind: type[BaseModel], problem: Mapping[str, Any], key: str) -> str:
    location = problem["loc"]
    if problem["type"] == "extra_forbidden":
        known = sorted(getattr(owner_of(kind, location), "model_fields", {}))
        return f"{key} is not a parameter{meant(str(location[-1]), known)}; known here: {', '.join(known)}"
    if problem["type"] == "missing":
        return f"{key} is missing"
    message = problem["msg"].removeprefix("Value error, ")
    if isinstance(problem["input"], dict):  # a rule over several keys, which names them itself
        return ": ".join(filter(None, (key, message)))
    allowed = allowed_range(kind, location)
    return f"{key} = {problem['input']!r}: {message}" + (f" (allowed: {allowed})" if allowed else "")


def meant(name: str, known: Sequence[str]) -> str:
    """Return the question whether the most similar known name was meant; "" where none is similar."""
    similar = get_close_matches(name, known, n=1)
    return f"; did you mean {similar[0]}?" if similar else ""


def owner_of(kind: Any, location: tuple[Any, ...]) -> Any:
    """Return the model class whose field stands last in `location`, or None where there is none."""
    for part in location[:-1]:
        field = getattr(kind, "model_fields", {}).get(part)
        if field is None:
            return None
        kind = next((k for k in (field.annotation, *getattr(field.annotation, "__args__", ())) if hasattr(k, "model_fields")), None)
    return kind


def allowed_range(kind: type[BaseModel], location: tuple[Any, ...]) -> str:
    """Return the bounds that a field's type declares, as `> 0 and < 1`."""
    field = getattr(owner_of(kind, location), "model_fields", {}).get(location[-1] if location else None)
    signs = {"gt": ">", "ge": ">=", "lt": "<", "le": "<="}
    rules = field.metadata if field else ()
    bounds = [f"{sign} {getattr(rule, name)}" for rule in rules for name, sign in signs.items() if hasattr(rule, name)]
    return " and ".join(bounds)
