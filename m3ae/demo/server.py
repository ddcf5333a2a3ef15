"""The page's server, for this machine alone: it keeps no upload, logs no request, and fetches nothing from elsewhere."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvicorn
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from m3ae.ask.opened import NOT_FOR_PATIENTS, AskError
from m3ae.demo.asked import Demo, without_keeping
from m3ae.prepare.formats import READ
from m3ae.report.theme import STYLESHEET

HOST = "127.0.0.1"
MOST_MB = 32
UPLOAD = "application/octet-stream"  # a page from elsewhere may not send this here: browsers ask first, and nobody answers
TOO_LARGE = f"the file is larger than {MOST_MB} MB; give a smaller one"
LIMITS = f"{', '.join(READ)} or DICOM, at most {MOST_MB} MB"
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data: blob:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
HERE = Path(__file__).parent
PAGES = Environment(loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
PAGES.globals["notice"] = NOT_FOR_PATIENTS


class DemoError(SystemExit):
    """The page cannot be served; the message says why, and the remedy."""


def application(demo: Demo) -> Starlette:
    """Return the page: itself, its script and style, and an answer, a reconstruction and captions for an image that is sent."""
    one_at_a_time = asyncio.Lock()
    asks = {"answer": demo.answer, "reconstruct": demo.reconstruct, "captions": demo.captions_near}

    def asked(name: str) -> Callable[[Request], Awaitable[Response]]:
        async def respond(request: Request) -> Response:
            try:
                content, text = await uploaded(request), request.query_params.get("text", "")
                async with one_at_a_time:
                    said = await run_in_threadpool(without_keeping, content, asks[name], text)
            except AskError as error:
                return page("error.html.j2", 422, reason=str(error))
            return page(f"{name}.html.j2", **said)

        return respond

    def index(_: Request) -> Response:
        return page("page.html.j2", answering=demo.answering, pretrained=demo.pretrained, limits=LIMITS)

    def script(_: Request) -> Response:
        return Response((HERE / "page.js").read_text(encoding="utf-8"), headers=HEADERS, media_type="text/javascript")

    def style(_: Request) -> Response:
        return Response(f"{STYLESHEET}\n{(HERE / 'page.css').read_text(encoding='utf-8')}", headers=HEADERS, media_type="text/css")

    routes = [Route("/", index), Route("/page.js", script), Route("/page.css", style)]
    routes += [Route(f"/{name}", asked(name), methods=["POST"]) for name in asks]
    return Starlette(routes=routes, middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"])])


def page(template: str, status: int = 200, **content: object) -> HTMLResponse:
    return HTMLResponse(PAGES.get_template(template).render(**content), status, HEADERS)


async def uploaded(request: Request) -> bytes:
    """Return the file that was sent. Raises `AskError` as soon as it is too large, whatever length it claims to have."""
    if request.headers.get("content-type") != UPLOAD:
        raise AskError(f"an image sent as {UPLOAD} expected")
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > MOST_MB * 2**20:
            raise AskError(TOO_LARGE)
    return bytes(content)


def listening(port: int) -> socket.socket:
    """Return a socket of this machine alone. Raises `DemoError` where the port is taken; 0 stands for any free one."""
    try:
        return socket.create_server((HOST, port))
    except OSError as error:
        raise DemoError(f"port {port}: {error.strerror}; give another one by --port") from None


def server_of(demo: Demo) -> uvicorn.Server:
    return uvicorn.Server(uvicorn.Config(application(demo), log_level="warning", access_log=False, server_header=False))
