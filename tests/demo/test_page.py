"""The page in Chromium."""

import os
import shutil

import pytest

from tests.demo.conftest import running

CHROMIUM = shutil.which("chromium")
playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
PATIENCE_MS = 120_000  # on a machine that does much else
MOVED = "before => !document.querySelector('[aria-busy]') && document.getElementById('reconstruct').innerText !== before"


@pytest.fixture
def page():
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium's own refuses to be root's
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=arguments)
        page = browser.new_page(viewport={"width": 390, "height": 844})
        page.set_default_timeout(PATIENCE_MS)
        yield page
        browser.close()


def test_an_image_is_uploaded_asked_about_and_answered(demo, page, image):
    elsewhere, problems = [], []
    with running(demo) as port:
        home = f"http://127.0.0.1:{port}/"
        page.on("request", lambda request: request.url.startswith((home, "blob:", "data:")) or elsewhere.append(request.url))
        page.on("console", lambda message: message.type == "error" and problems.append(message.text))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(home)
        page.set_input_files("#file", str(image))
        page.fill("#text", "where is it")
        page.click("button")
        page.wait_for_selector("#answer .signed")
        assert "left lung" in page.inner_text("#answer .scores")
        assert page.locator("#answer figure").count() == 3
        page.wait_for_selector("#captions .signed")
        page.wait_for_selector("#reconstruct .signed")
        before = page.inner_text("#reconstruct")
        page.locator("#ratio").press("Home")
        page.wait_for_function(MOVED, arg=before)
        assert "90% of the patches" in page.inner_text("#reconstruct")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.goto("about:blank")
    assert (elsewhere, problems) == ([], [])


def test_a_file_that_is_no_image_is_answered_by_its_name(demo, page, tmp_path):
    (tmp_path / "report.pdf").write_bytes(b"%PDF-1.7 a report")
    with running(demo) as port:
        page.goto(f"http://127.0.0.1:{port}/")
        page.set_input_files("#file", str(tmp_path / "report.pdf"))
        page.fill("#text", "where is it")
        page.click("button")
        assert "PDF document; export its pages as PNG" in page.inner_text("#answer .error")
        page.goto("about:blank")
