"""What the browser's tests know of the site: its addresses and how to wait for what a run shows."""

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, expect

ROOT = Path(__file__).parents[2]
FAN_OUT_CARD = "/decks/concurrency/compare-and-contrast-threading-multiprocessing-and-asyncio/"
LEARNER = "learner"
PASSWORD = "interleaving-lanes"


@dataclass(frozen=True, slots=True)
class Site:
    """Where the server answers."""

    address: str


def add_learner(environment: Mapping[str, str]) -> None:
    """An account that signs in with a password."""
    create = f"User.objects.create_user({LEARNER!r}, password={PASSWORD!r})"
    code = f"from studyapp.accounts.models import User; {create}"
    subprocess.run([sys.executable, "manage.py", "shell", "-c", code], cwd=ROOT, env=environment, check=True)


def open_lesson(page: Page, slug: str) -> None:
    page.goto(f"/lessons/{slug}/")
    expect(page.locator("code-area[data-ready]")).to_be_visible()


def press_run(page: Page) -> None:
    page.get_by_role("button", name="Run", exact=False).first.click()


def press_stop(page: Page) -> None:
    """Once the page has come to rest: when a run begins it glides to the picture, and a click may miss."""
    page.wait_for_function(
        """async () => {
            const before = scrollY;
            await new Promise((done) => setTimeout(done, 150));
            return before === scrollY;
        }"""
    )
    page.get_by_role("button", name="Stop").click()


def wait_for_end(page: Page, words: str) -> None:
    """Until the state line begins with these words and links to the kept run."""
    expect(page.locator("[data-state]")).to_contain_text(words)
    expect(page.locator("[data-state] a")).to_be_visible()


def wait_for_picture(page: Page, condition: str) -> None:
    """Until `condition`, a JavaScript expression over `timeline` and `model`, is true."""
    page.wait_for_function(
        f"""() => {{
            const timeline = document.querySelector("run-timeline");
            const model = timeline.model;
            return {condition};
        }}"""
    )


def colours_drawn(page: Page) -> int:
    """How many different colours the canvas shows."""
    count: int = page.evaluate(
        """() => {
            const canvas = document.querySelector("run-timeline canvas");
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            return new Set(new Uint32Array(data.buffer)).size;
        }"""
    )
    return count
