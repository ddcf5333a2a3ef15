import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pytest.importorskip("starlette", reason="the extra `demo` is not installed")

from m3ae.ask.captions import captions_of  # noqa: E402
from m3ae.ask.opened import Opened  # noqa: E402
from m3ae.batches.excluded import NOTHING  # noqa: E402
from m3ae.demo.asked import Demo, opened_demo  # noqa: E402
from m3ae.demo.server import listening, server_of  # noqa: E402
from tests import tiny  # noqa: E402
from tests.answering import write_answering, write_images, write_model  # noqa: E402
from tests.demo.training import write_training  # noqa: E402


@pytest.fixture(scope="session")
def demo(tmp_path_factory) -> Demo:
    """The page's models, newly drawn, and the captions of a small training set."""
    folder, config = tmp_path_factory.mktemp("demo"), tiny.config(tiny.model())
    answering = Opened.open(write_answering(folder / "answering", config))
    pretrained = Opened.open(write_model(folder / "pretrained", config))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        return opened_demo(answering, pretrained, captions_of(pretrained, [write_training(folder / "roco")], NOTHING))


@pytest.fixture
def image(tmp_path) -> Path:
    return write_images(tmp_path / "images", 1)[0]


@pytest.fixture(scope="session")
def port(demo) -> Iterator[int]:
    """The port of a running page."""
    with running(demo) as port:
        yield port


@contextmanager
def running(demo: Demo) -> Iterator[int]:
    place, server = listening(0), server_of(demo)
    port = place.getsockname()[1]
    thread = threading.Thread(target=server.run, kwargs={"sockets": [place]})
    thread.start()
    yield port
    server.should_exit = True
    thread.join()
