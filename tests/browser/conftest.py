"""A real server with its own data, and Debian's Chromium before it.

Playwright keeps a loop running for as long as it lives; its fixtures end with each file, so that
tests with loops of their own can follow.
"""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.site import Site, add_learner
from tests.left_out import find_command

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "studyapp/content/lessons/concurrency/concurrency.txt"
WAIT_MS = 20_000
expect.set_options(timeout=WAIT_MS)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The site on a free port, the customer's document loaded. A traceback in its log is a failure."""
    data = tmp_path_factory.mktemp("site")
    environment = {**os.environ, "STUDYAPP_DATA_DIR": str(data)}
    manage = [sys.executable, "manage.py"]
    subprocess.run([*manage, "migrate", "--verbosity=0"], cwd=ROOT, env=environment, check=True)
    subprocess.run([*manage, "load_document", str(DOCUMENT)], cwd=ROOT, env=environment, check=True)
    add_learner(environment)
    log = data / "server.log"
    # The socket listens before the server starts: whoever comes early waits in its queue.
    with socket.create_server(("127.0.0.1", 0)) as listener, log.open("w") as stderr:
        number = listener.fileno()
        command = [sys.executable, "-m", "daphne", "--fd", str(number), "studyapp.asgi:application"]
        with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=stderr, pass_fds=[number]) as server:
            yield Site(f"http://127.0.0.1:{listener.getsockname()[1]}")
            server.terminate()
    assert "Traceback" not in log.read_text()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    path = find_command("chromium", package="chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def browser_context(chromium: Browser, site: Site) -> Iterator[BrowserContext]:
    """A visitor of their own: no cookies, nothing remembered."""
    context = chromium.new_context(base_url=site.address, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(WAIT_MS)
    yield context
    context.close()


@pytest.fixture
def visitor(browser_context: BrowserContext) -> Iterator[Page]:
    """A first-time visitor's page. What the browser complains about fails the test."""
    page = browser_context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    yield page
    expected = "the server responded with a status of 404"
    assert [complaint for complaint in complaints if expected not in complaint] == []


@pytest.fixture
def reader(chromium: Browser, site: Site) -> Iterator[Page]:
    """A visitor whose browser runs no script."""
    context = chromium.new_context(base_url=site.address, java_script_enabled=False)
    context.set_default_timeout(WAIT_MS)
    yield context.new_page()
    context.close()
