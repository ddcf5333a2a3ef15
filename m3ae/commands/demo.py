"""`m3ae demo`: a page on this machine that asks the models about an image."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Option, echo

from m3ae.commands.shared import Model, opened

if TYPE_CHECKING:
    from m3ae.ask.captions import Captions
    from m3ae.ask.opened import Opened

PACKAGES = ("starlette", "uvicorn")  # of the extra `demo`
Port = Annotated[int, Option(min=0, max=65535, help="of the page; 0 = any free one")]
Pretrained = Annotated[Path | None, Option(help="model folder that reconstructs and matches; default: `pretrained` of params.yaml")]


def demo(port: Port = 7860, model: Model = None, pretrained: Pretrained = None) -> None:
    """Serve a page that asks the models about an image.

    It has the best answers, the attention of each word, a reconstruction and the nearest captions of the training set. Only this machine
    can open it. No image is kept.
    """
    require_extra()
    from m3ae.ask.answer import ANSWERING
    from m3ae.demo.asked import opened_demo
    from m3ae.demo.server import HOST, listening, server_of

    with listening(port) as place:
        answering = opened(model, ANSWERING, "answer")
        reconstructing = opened(pretrained, ("pretrain",), "reconstruct images", "--pretrained")
        asking = opened_demo(answering, reconstructing, training_captions(reconstructing))
        echo(f"http://{HOST}:{place.getsockname()[1]}  (Ctrl+C ends it)")
        server_of(asking).run(sockets=[place])


def require_extra() -> None:
    """Raise `SystemExit` where the packages that serve the page are not installed."""
    from importlib.util import find_spec

    if not all(map(find_spec, PACKAGES)):
        raise SystemExit("m3ae demo needs the packages that serve its page: pip install 'm3ae-dvc[demo]'")


def training_captions(model: "Opened") -> "Captions | str":
    """Return the captions that this project's pre-training read, or why there are none here."""
    from m3ae.ask.captions import captions_of
    from m3ae.ask.defaults import pretraining_data
    from m3ae.ask.opened import AskError
    from m3ae.batches.excluded import read_excluded
    from m3ae.disk.json import FileError

    try:
        folders, excluded = pretraining_data()
        return captions_of(model, folders, read_excluded(excluded))
    except (AskError, FileError) as error:
        return str(error)
