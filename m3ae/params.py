"""Strict reading of params.yaml: one stage's share of it becomes one frozen object.

A stage declares a `StageParams` whose fields are exactly the parameters that it reads. A field whose
type is a `ScaleBlock` is read from the block of the chosen scale, every other field from the top level.
There are no defaults in code, for DVC watches params.yaml, not Python.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, Self, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsConfigDict, YamlConfigSettingsSource

T = TypeVar("T", bound=BaseModel)
ITEM = "${item.task}"


class ParamsError(SystemExit):
    """params.yaml holds something that no stage should start on; the message says what and where."""


class Block(BaseModel):
    """A mapping in params.yaml. Unknown keys are refused, values cannot be reassigned."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ScaleBlock(Block):
    """A block under `scales.<scale>`; with `per_task`, it holds one block a task."""

    per_task: ClassVar[bool] = False


class StageParams(BaseSettings):
    """What one stage reads of params.yaml. The environment is never a source (dvc.lock would miss it)."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid")

    @classmethod
    def settings_customise_sources(cls, settings_cls, init_settings, **_others):
        return (init_settings,)

    @classmethod
    def read(cls, path: Path, task: str | None = None) -> Self:
        """This stage's parameters from the file at `path`; `task` picks the block of a `per_task` field.

        Raises `ParamsError`, naming the file, the key, the value and the allowed range.
        """
        content = load(path)
        values = {name: lookup(content, key.replace(ITEM, task or ""), path) for name, key in cls.keys(content["scale"]).items()}
        return validated(cls, values, path)

    @classmethod
    def keys(cls, scale: str = "${scale}") -> dict[str, str]:
        """Field name -> dotted key in params.yaml, as dvc.yaml has to declare it."""
        return {name: dotted_key(name, field, scale) for name, field in cls.model_fields.items()}


def dotted_key(name: str, field: FieldInfo, scale: str) -> str:
    kind = field.annotation
    if not (isinstance(kind, type) and issubclass(kind, ScaleBlock)):
        return name
    return f"scales.{scale}.{name}" + (f".{ITEM}" if kind.per_task else "")


def load(path: Path) -> dict[str, Any]:
    """The file as nested dictionaries, without interpretation. Raises `ParamsError` where it is no mapping, or holds a key twice."""
    if not path.is_file():
        raise ParamsError(f"{path}: no such file; run from the project's folder")
    try:
        root = yaml.compose(path.read_text())
        twice = list(repeated_keys(root))
        content = YamlConfigSettingsSource(StageParams, yaml_file=path)()
    except (yaml.YAMLError, ValueError, TypeError) as error:
        raise ParamsError(f"{path}: holds no parameters ({error}); correct it") from None
    if twice:
        raise ParamsError(f"{path}: {twice[0]}; leave one of the two")
    return content


def repeated_keys(node: yaml.Node | None) -> Iterator[str]:
    """A phrase for each key that its mapping holds already: YAML would take the last one without a word."""
    seen: set[str] = set()
    for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
        if key.value in seen:
            yield f"line {key.start_mark.line + 1}: {key.value} is there twice"
        seen.add(key.value)
        yield from repeated_keys(value)


def lookup(content: dict[str, Any], key: str, path: Path) -> Any:
    value: Any = content
    for part in key.split("."):
        if not isinstance(value, dict) or part not in value:
            raise ParamsError(f"{path}: {key} is missing")
        value = value[part]
    return value


def validated(kind: type[T], values: dict[str, Any], path: Path) -> T:
    """`kind(**values)`, or a `ParamsError` with a line for each wrong key."""
    try:
        return kind(**values)
    except ValidationError as error:
        lines = [describe(kind, problem) for problem in error.errors()]
        raise ParamsError("\n".join(f"{path}: {line}" for line in lines)) from None


def describe(kind: type[BaseModel], problem: dict[str, Any]) -> str:
    key = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        return f"{key} is not a parameter; known here: {', '.join(known_names(kind, problem['loc']))}"
    if problem["type"] == "missing":
        return f"{key} is missing"
    message = problem["msg"].removeprefix("Value error, ")
    if isinstance(problem["input"], dict):  # a rule over several keys, which names them itself
        return ": ".join(filter(None, (key, message)))
    allowed = allowed_range(kind, problem["loc"])
    return f"{key} = {problem['input']!r}: {message}" + (f" (allowed: {allowed})" if allowed else "")


def owner_of(kind: Any, location: tuple) -> Any:
    """The model class whose field stands last in `location`, or None where there is none."""
    for part in location[:-1]:
        field = getattr(kind, "model_fields", {}).get(part)
        if field is None:
            return None
        kind = next((k for k in (field.annotation, *getattr(field.annotation, "__args__", ())) if hasattr(k, "model_fields")), None)
    return kind


def known_names(kind: type[BaseModel], location: tuple) -> list[str]:
    return sorted(getattr(owner_of(kind, location), "model_fields", {}))


def allowed_range(kind: type[BaseModel], location: tuple) -> str:
    """The bounds that a field's type declares, as `> 0 and < 1`."""
    field = getattr(owner_of(kind, location), "model_fields", {}).get(location[-1] if location else None)
    signs = {"gt": ">", "ge": ">=", "lt": "<", "le": "<="}
    rules = field.metadata if field else ()
    bounds = [f"{sign} {getattr(rule, name)}" for rule in rules for name, sign in signs.items() if hasattr(rule, name)]
    return " and ".join(bounds)
