"""What the commands that ask a model have in common: which model, and how they say what it said."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Option, echo

if TYPE_CHECKING:
    from m3ae.ask.files import Unread
    from m3ae.ask.opened import Opened

Model = Annotated[Path | None, Option(help="model folder; default: the first trained one that params.yaml names and that can do this")]
Best = Annotated[int, Option(min=1, help="how many to show")]
Json = Annotated[bool, Option("--json", help="print JSON")]
Out = Annotated[Path | None, Option(help="file to write JSON lines to; default: the screen")]


def opened(model: Path | None, kinds: Sequence[str], purpose: str, option: str = "--model") -> "Opened":
    """Return the model that is named, or the pipeline's first of `kinds`. Raises `SystemExit` where it cannot do it."""
    from m3ae.ask.defaults import default_model
    from m3ae.ask.opened import Opened

    return Opened.open(model or default_model(kinds, purpose, option))


def signed(model: "Opened", content: dict[str, Any]) -> dict[str, Any]:
    """Return what a model said, for machines: with its name and the notice that every answer carries."""
    from m3ae.ask.opened import NOT_FOR_PATIENTS

    return {**content, "model": str(model), "notice": NOT_FOR_PATIENTS}


def say(model: "Opened", lines: Iterable[str]) -> None:
    """Print what a model said, for people."""
    from m3ae.ask.opened import NOT_FOR_PATIENTS

    for line in lines:
        echo(line)
    echo(f"{model}; {NOT_FOR_PATIENTS}")


def say_json(content: dict[str, Any]) -> None:
    echo(json.dumps(content, ensure_ascii=False))


def say_unread(unread: Sequence["Unread"]) -> None:
    """Name on the error stream what could not be read."""
    for item in unread:
        echo(item.reason, err=True)
