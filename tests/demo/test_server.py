"""The running page as a client finds it."""

import http.client
import re
import socket

import pytest

from m3ae.demo import server
from m3ae.demo.server import UPLOAD, DemoError, listening

SIGNED = "(fine-tuned to answer: VQA-RAD); not for clinical use"


def said(port: int, path: str, content: bytes | None = None, **headers: str) -> tuple[int, str, http.client.HTTPMessage]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    sent = {"Content-Type": UPLOAD} | {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("POST" if content is not None else "GET", path, content, sent)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text, answer.headers


def test_an_answer_says_which_model_gave_it_and_that_it_is_for_no_clinic(port, image):
    status, text, headers = said(port, "/answer?text=is%20it", image.read_bytes())
    assert status == 200 and SIGNED in text and "left lung" in text and headers["Cache-Control"] == "no-store"
    for what in ("reconstruct?text=0.75", "captions"):
        status, text, _ = said(port, f"/{what}", image.read_bytes())
        assert status == 200 and "(pre-trained); not for clinical use" in text


def test_what_is_asked_cannot_become_markup(port, image):
    _, text, _ = said(port, "/answer?text=%3Cscript%3Ealert(1)%3C/script%3E", image.read_bytes())
    assert "<script" not in text


@pytest.mark.parametrize(
    "content", [b"", b"no image", b"%PDF-1.7 a report", b"%!PS-Adobe-3.0 EPSF", b"<svg xmlns='http://www.w3.org/2000/svg'/>"]
)
def test_what_is_no_image_that_preparation_reads_is_refused_by_name(port, content):
    status, text, _ = said(port, "/answer?text=is%20it", content)
    assert status == 422 and "give an image that can be read" in text and "/tmp" not in text


def test_a_file_that_is_too_large_is_refused(port, monkeypatch):
    monkeypatch.setattr(server, "MOST_MB", 1)
    status, text, _ = said(port, "/answer?text=is%20it", bytes(2**20 + 1))
    assert status == 422 and "is larger than" in text


def test_a_page_from_elsewhere_gets_no_answer(port, image):
    assert said(port, "/", Host="evil.example")[0] == 400
    status, text, headers = said(port, "/answer?text=is%20it", image.read_bytes(), Content_Type="text/plain", Origin="http://evil.example")
    assert status == 422 and "left lung" not in text and "Access-Control-Allow-Origin" not in headers


def test_the_page_fetches_nothing_from_elsewhere(port):
    for path in ("/", "/page.js", "/page.css"):
        status, text, headers = said(port, path)
        assert status == 200 and not re.search(r"https?://|//[a-z]", text.replace("// The image", "")), path
        assert "default-src 'none'" in headers["Content-Security-Policy"]


def test_only_this_machine_reaches_it():
    with listening(0) as place:
        assert place.getsockname()[0] == "127.0.0.1"
        with pytest.raises(OSError):
            socket.create_connection(("127.0.0.2", place.getsockname()[1]), timeout=5)


def test_a_port_that_is_taken_is_an_error_with_a_remedy():
    with listening(0) as taken, pytest.raises(DemoError, match="give another one by --port"):
        listening(taken.getsockname()[1])
