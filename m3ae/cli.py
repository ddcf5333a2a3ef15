"""The `m3ae` command: what is not a stage of the pipeline. What each command does stands in m3ae/commands/."""

import os
import sys
from collections.abc import Callable
from importlib.metadata import version
from typing import Annotated

from typer import Exit, Option, Typer, echo

from m3ae.commands import checkpoints, collections, demo, inside, pairs, project

COMMANDS: dict[str, Callable[..., None]] = {
    "answer": pairs.answer,
    "match": pairs.match,
    "search": collections.search,
    "embed": collections.embed,
    "reconstruct": inside.reconstruct,
    "attend": inside.attend,
    "demo": demo.demo,
    "releases": project.describe_releases,
    "plan": project.print_plan,
    "compare": project.print_comparison,
    "trace": project.print_trace,
    "verify": project.print_verification,
    "import": checkpoints.import_checkpoint,
    "export": checkpoints.export_checkpoint,
}

app = Typer(
    name="m3ae",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for name, command in COMMANDS.items():
    app.command(name)(command)


def show_version(wanted: bool) -> None:
    if wanted:
        echo(f"m3ae-dvc {version('m3ae-dvc')}")
        raise Exit


@app.callback()
def m3ae(
    _version: Annotated[bool, Option("--version", callback=show_version, is_eager=True, help="Show the version and exit.")] = False,
) -> None:
    """Ask the models of this pipeline about images, look into them, and see what is there and where it comes from.

    Models are for research; none is for clinical use.
    """


def main() -> None:
    try:
        try:
            app(prog_name="m3ae")
        finally:
            sys.stdout.flush()
    except BrokenPipeError:  # who reads the answer has read enough, as `| head`; what is still buffered goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
