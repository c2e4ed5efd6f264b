"""Every page for everybody: axe in both themes, without script, on narrow screens."""

import gzip
import re

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # ships no types
from playwright.sync_api import BrowserContext, Page, Response, expect

from tests.browser.site import FAN_OUT_CARD, LEARNER, PASSWORD, open_lesson, press_run, wait_for_end

PAGES = {
    "dashboard": "/",
    "deck": "/decks/concurrency/",
    "card": FAN_OUT_CARD,
    "lesson": "/lessons/fetch-fan-out/",
    "status": "/status/",
    "sign-in": "/accounts/sign-in/",
    "not found": "/no-such-page/",
}
SCRIPT_LIMIT = 60_000
each_page = pytest.mark.parametrize("address", PAGES.values(), ids=PAGES.keys())
each_theme = pytest.mark.parametrize("theme", ["light", "dark"])


def complaints_of_axe(page: Page) -> str:
    found = Axe().run(page)
    return found.generate_report() if found.violations_count else ""


@each_theme
@each_page
def test_axe_finds_nothing(browser_context: BrowserContext, address: str, theme: str) -> None:
    page = browser_context.new_page()
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce")
    page.goto(address)
    for summary in page.locator("summary").all():
        summary.click()
    assert complaints_of_axe(page) == ""


@each_theme
def test_axe_finds_nothing_on_pages_with_a_run(visitor: Page, theme: str) -> None:
    visitor.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    open_lesson(visitor, "task-group")
    press_run(visitor)
    wait_for_end(visitor, "")
    assert complaints_of_axe(visitor) == ""
    visitor.get_by_role("button", name="Events", exact=True).click()
    assert complaints_of_axe(visitor) == ""
    visitor.get_by_role("link", name="Kept as a run").click()
    expect(visitor.locator("run-replay[data-ready]")).to_be_visible()
    assert complaints_of_axe(visitor) == ""
    visitor.goto("/runs/")
    assert complaints_of_axe(visitor) == ""


@each_page
def test_nothing_overflows_a_screen_of_320_pixels(visitor: Page, address: str) -> None:
    visitor.set_viewport_size({"width": 320, "height": 700})
    visitor.goto(address)
    assert visitor.evaluate("() => document.documentElement.scrollWidth") <= 320


@each_page
def test_a_page_ships_little_script(visitor: Page, address: str) -> None:
    scripts: list[Response] = []
    visitor.on("response", lambda answer: scripts.append(answer) if answer.url.endswith(".js") else None)
    visitor.goto(address, wait_until="networkidle")
    assert scripts
    assert sum(len(gzip.compress(script.body())) for script in scripts) < SCRIPT_LIMIT


def test_a_lesson_tells_the_browser_at_once_which_modules_it_needs(visitor: Page) -> None:
    open_lesson(visitor, "gil")
    linked = "[...document.querySelectorAll('link[rel=modulepreload], script')]"
    named = set(visitor.evaluate(f"() => {linked}.map((each) => each.href ?? each.src)"))
    resources = "performance.getEntriesByType('resource').map(({ name }) => name)"
    loaded = set(visitor.evaluate(f"() => {resources}.filter((name) => name.endsWith('.js'))"))
    assert named == loaded


def test_a_card_can_be_read_and_turned_without_script(reader: Page) -> None:
    reader.goto(FAN_OUT_CARD)
    expect(reader.locator(".answer")).to_be_hidden()
    reader.get_by_text("Show answer").click()
    expect(reader.locator(".answer")).to_contain_text("asyncio is for high-throughput")
    expect(reader.locator(".code")).to_contain_text("async def fetch")
    reader.get_by_role("link", name="Run this").click()
    expect(reader.get_by_role("heading", level=1)).to_have_text("Fetch many pages at once")


def test_dashboard_and_deck_lead_to_every_card_without_script(reader: Page) -> None:
    for address in ("/", "/decks/concurrency/"):
        reader.goto(address)
        expect(reader.locator("a.cell")).to_have_count(7)


def test_a_lesson_shows_its_program_and_says_what_is_missing_without_script(reader: Page) -> None:
    reader.goto("/lessons/semaphore/")
    expect(reader.get_by_text("needs script")).to_be_visible()
    assert "asyncio.Semaphore(50)" in reader.get_by_role("textbox", name="Program").input_value()
    expect(reader.get_by_role("button", name=re.compile("^Run"))).to_be_hidden()


def test_status_and_runs_can_be_read_without_script(reader: Page) -> None:
    reader.goto("/status/")
    expect(reader.get_by_role("heading", name="Sandbox layers")).to_be_visible()
    reader.goto("/lessons/gil/")
    reader.goto("/runs/")
    expect(reader.get_by_role("heading", name="Your runs")).to_be_visible()


def test_a_kept_run_can_be_read_without_script(reader: Page, visitor: Page) -> None:
    open_lesson(visitor, "task-group")
    press_run(visitor)
    wait_for_end(visitor, "")
    visitor.get_by_role("link", name="Kept as a run").click()
    visitor.wait_for_url("**/runs/*-*/")
    reader.context.add_cookies(
        [{"name": c["name"], "value": c["value"], "url": visitor.url} for c in visitor.context.cookies()]
    )
    reader.goto(visitor.url)
    expect(reader.locator("event-table tbody tr").first).to_be_visible()
    expect(reader.locator("event-table")).to_contain_text("outcome cancelled")


def test_signing_in_and_out_works_without_script(reader: Page) -> None:
    reader.goto("/accounts/sign-in/")
    reader.get_by_label("User name").fill(LEARNER)
    reader.get_by_label("Password").fill("wrong")
    reader.get_by_role("button", name="Sign in").click()
    expect(reader.get_by_role("alert")).to_be_visible()
    reader.get_by_label("Password").fill(PASSWORD)
    reader.get_by_role("button", name="Sign in").click()
    reader.get_by_role("button", name="Sign out").click()
    expect(reader.get_by_role("link", name="Sign in")).to_be_visible()


@pytest.mark.parametrize("address", ["/no-such-page/", "/decks/none/", "/lessons/none/", f"{FAN_OUT_CARD}x/"])
def test_an_unknown_address_is_answered_in_the_sites_design(visitor: Page, address: str) -> None:
    answer = visitor.goto(address)
    assert answer is not None
    assert answer.status == 404
    expect(visitor.get_by_role("heading", level=1)).to_have_text("There is no page at this address")
    expect(visitor.get_by_role("navigation", name="Site")).to_be_visible()


def test_the_first_tab_leads_past_the_header(visitor: Page) -> None:
    visitor.goto(FAN_OUT_CARD)
    visitor.keyboard.press("Tab")
    expect(visitor.get_by_role("link", name="Skip to the content")).to_be_focused()
    visitor.keyboard.press("Enter")
    expect(visitor.locator("#main")).to_be_focused()
