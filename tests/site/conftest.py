"""One browser for all tests of the pages, the folder of the built book, and a server that shows it on this machine."""

import functools
import os
import shutil
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.site import checks
from tools import explorables

SITE = Path(__file__).resolve().parents[2] / "_build" / "html"


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture(scope="session")
def browser():
    executable = shutil.which("chromium")
    if executable is None:
        complain = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        complain("no chromium on the path: the pages cannot be looked at")
    with sync_playwright() as playwright:
        opened = checks.launch(playwright, executable)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def site():
    if not (SITE / "index.html").is_file():
        pytest.fail("the book is not built: run make book first")
    return SITE


@pytest.fixture(scope="session")
def server(site):
    """The address of a server of the built book."""
    handler = functools.partial(QuietHandler, directory=str(site))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


@pytest.fixture(scope="session")
def blank(browser):
    """A page with nothing in it but the scripts of all figures."""
    page = browser.new_page()
    page.set_content("<!DOCTYPE html><title>Nothing</title>")
    for name in ["stage", *explorables.names()]:
        page.add_script_tag(path=explorables.SCRIPTS / f"{name}.js")
    yield page
    page.close()


@pytest.fixture
def compute(blank):
    """``compute(name, cases)``: what a figure computes for each of several parameters, as its script and page do."""
    program = (
        "([name, cases]) => cases.map((p) => window.explorables[name].compute({...explorables[name].start, ...p}))"
    )
    return lambda name, cases: blank.evaluate(program, [name, cases])
