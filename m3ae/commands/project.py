"""What a project's folder is asked for: its releases, a machine's plan, comparisons, origins, whether it is as committed."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option, echo

Releases = Annotated[Path | None, Option(help="the folder that holds them; default: `releases` of params.yaml")]
Gpus = Annotated[int, Option(help="how many there are")]
Memory = Annotated[float, Option(help="of each GPU, in GB of 10^9 bytes")]
Scale = Annotated[str | None, Option(help="default: `scale` of params.yaml")]
First = Annotated[str, Argument(metavar="A", help="a git revision, a DVC experiment or `workspace`")]
Second = Annotated[str, Argument(metavar="[B]", help="likewise; default: the workspace", show_default=False)]
What = Annotated[str, Argument(metavar="FILE|TASK", help="an output of the pipeline, README.md, a task, or a stage")]


def describe_releases(releases: Releases = None) -> None:
    """Say which releases are there, and how to get the others."""
    from m3ae.releases.listing import describe

    for line in describe(releases or named_releases(Path("params.yaml"))):
        echo(line)


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


def print_plan(gpus: Gpus, memory: Memory, scale: Scale = None) -> None:
    """Say what pre-training takes of each GPU.

    Names the ZeRO stage and the micro-batch to choose.
    """
    from m3ae.plan.table import GB, Machine, plan

    for line in plan(Path("params.yaml"), Machine(gpus, int(memory * GB)), scale):
        echo(line)


def print_comparison(a: First, b: Second = "workspace") -> None:
    """Say which differences between two revisions hold.

    Both are judged on the same test items.
    """
    from m3ae.evaluate.comparison import compare
    from m3ae.evaluate.comparison_text import describe
    from m3ae.evaluate.revisions import predictions

    for line in describe(a, b, compare(predictions(a), predictions(b))):
        echo(line)


def print_trace(what: What) -> None:
    """Follow a number to its origin, and check every byte."""
    from m3ae.lineage.trace import trace

    for line in trace(what):
        echo(line)


def print_verification() -> None:
    """Say whether the outputs are those of the commit.

    Where they are not: from which stage on, and by how much.
    """
    from m3ae.lineage.verify import verify

    for line in verify():
        echo(line)
