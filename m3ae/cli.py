"""The `m3ae` command: what is not a stage of the pipeline."""

import argparse
import os
import sys
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(prog="m3ae", description=__doc__)
    commands = parser.add_subparsers(required=True)
    add_import(commands)
    add_export(commands)
    add_releases(commands)
    add_plan(commands)
    add_compare(commands)
    arguments = parser.parse_args()
    try:
        arguments.run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:  # who reads the answer has read enough, as `| head`; what is still buffered goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def add_import(commands: argparse._SubParsersAction) -> None:
    command = commands.add_parser("import", help="a checkpoint of the authors' code -> a model folder")
    command.add_argument("checkpoint", type=Path)
    command.add_argument("folder", type=Path)
    command.add_argument("--tokenizer", help="name or folder; default: the one that the checkpoint names")
    command.set_defaults(run=import_checkpoint)


def add_export(commands: argparse._SubParsersAction) -> None:
    command = commands.add_parser("export", help="a model folder -> a checkpoint that the authors' code loads")
    command.add_argument("folder", type=Path)
    command.add_argument("checkpoint", type=Path)
    command.set_defaults(run=export_checkpoint)


def add_releases(commands: argparse._SubParsersAction) -> None:
    command = commands.add_parser("releases", help="which releases are there, what they lack, and how to get them")
    command.add_argument("--releases", type=Path, help="the folder that holds them; default: `releases` of params.yaml")
    command.set_defaults(run=describe_releases)


def add_plan(commands: argparse._SubParsersAction) -> None:
    command = commands.add_parser("plan", help="what pre-training takes of each GPU, and which ZeRO stage and micro-batch to choose")
    command.add_argument("--gpus", type=int, required=True)
    command.add_argument("--memory", type=float, required=True, help="of each GPU, in GB of 10^9 bytes")
    command.add_argument("--scale", help="default: `scale` of params.yaml")
    command.set_defaults(run=print_plan)


def add_compare(commands: argparse._SubParsersAction) -> None:
    command = commands.add_parser("compare", help="which differences between two revisions or experiments hold, on the same test items")
    command.add_argument("a", metavar="A", help="a git revision, a DVC experiment or `workspace`")
    command.add_argument("b", metavar="B", nargs="?", default="workspace", help="likewise; default: the workspace")
    command.set_defaults(run=print_comparison)


def import_checkpoint(arguments: argparse.Namespace) -> None:
    from m3ae.authors.convert import import_file  # torch and transformers take seconds to load

    import_file(arguments.checkpoint, arguments.folder, arguments.tokenizer)
    print(f"model folder: {arguments.folder}")


def export_checkpoint(arguments: argparse.Namespace) -> None:
    from m3ae.authors.convert import export_folder

    export_folder(arguments.folder, arguments.checkpoint)
    print(f"checkpoint: {arguments.checkpoint}")


def describe_releases(arguments: argparse.Namespace) -> None:
    from m3ae.releases.listing import describe

    for line in describe(arguments.releases or named_releases(Path("params.yaml"))):
        print(line)


def named_releases(path: Path) -> Path:
    """Return `releases` of params.yaml. Raises `ParamsError` where it names no folder."""
    from m3ae.params import ParamsError, load

    content = load(path)
    if "releases" not in content:
        raise ParamsError(f"{path}: releases is missing")
    releases = content["releases"]
    if not isinstance(releases, str):
        raise ParamsError(f"{path}: releases = {releases!r}: a folder expected; correct it or give --releases")
    return Path(releases)


def print_plan(arguments: argparse.Namespace) -> None:
    from m3ae.plan.table import GB, Machine, plan

    for line in plan(Path("params.yaml"), Machine(arguments.gpus, int(arguments.memory * GB)), arguments.scale):
        print(line)


def print_comparison(arguments: argparse.Namespace) -> None:
    from m3ae.evaluate.comparison import compare
    from m3ae.evaluate.comparison_text import describe
    from m3ae.evaluate.revisions import predictions

    for line in describe(arguments.a, arguments.b, compare(predictions(arguments.a), predictions(arguments.b))):
        print(line)


if __name__ == "__main__":
    main()
