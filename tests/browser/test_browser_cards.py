import re

from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.site import FAN_OUT_CARD


def top_of(page: Page, selector: str) -> float:
    box = page.locator(selector).bounding_box()
    assert box is not None
    return box["y"]


def test_a_first_time_visitor_is_met_by_three_lines_and_an_open_card(visitor: Page) -> None:
    visitor.goto("/")
    expect(visitor.get_by_role("heading", level=1)).to_be_visible()
    expect(visitor.locator(".welcome .lead br")).to_have_count(2)
    visitor.get_by_text("Show answer").click()
    expect(visitor.locator(".welcome .revealed")).to_be_visible()


def test_showing_the_answer_does_not_move_the_question(visitor: Page) -> None:
    visitor.goto(FAN_OUT_CARD)
    before = top_of(visitor, "#question")
    visitor.get_by_text("Show answer").click()
    expect(visitor.locator(".answer")).to_be_visible()
    assert top_of(visitor, "#question") == before


def test_the_explanation_stays_folded_until_asked_for(visitor: Page) -> None:
    visitor.goto(FAN_OUT_CARD)
    visitor.get_by_text("Show answer").click()
    explanation = visitor.locator(".fold .paragraphs")
    expect(explanation).to_be_hidden()
    visitor.get_by_text("Explanation", exact=True).click()
    expect(explanation).to_be_visible()


def test_space_and_enter_turn_the_card_both_ways(visitor: Page) -> None:
    visitor.goto(FAN_OUT_CARD)
    visitor.keyboard.press("Space")
    expect(visitor.locator(".answer")).to_be_visible()
    visitor.keyboard.press("Enter")
    expect(visitor.locator(".answer")).to_be_hidden()


def test_a_key_pressed_before_the_scripts_are_there_counts(visitor: Page) -> None:
    held: list[Route] = []
    visitor.route("**/js/site.js", lambda route: held.append(route))
    with visitor.expect_request("**/js/site.js"):
        visitor.goto(FAN_OUT_CARD, wait_until="commit")
    expect(visitor.get_by_text("Show answer")).to_be_visible()
    visitor.keyboard.press("Space")
    held[0].continue_()
    expect(visitor.locator(".answer")).to_be_visible()


def test_arrows_and_letters_move_between_cards(visitor: Page) -> None:
    visitor.goto(FAN_OUT_CARD)
    visitor.keyboard.press("ArrowRight")
    expect(visitor.get_by_role("heading", level=1)).to_contain_text("backpressure")
    visitor.keyboard.press("p")
    visitor.wait_for_url(f"**{FAN_OUT_CARD}")


def test_single_keys_can_be_switched_off_and_stay_off(visitor: Page) -> None:
    visitor.goto(FAN_OUT_CARD)
    visitor.keyboard.press("?")
    dialog = visitor.get_by_role("dialog")
    expect(dialog).to_contain_text("Next card")
    dialog.get_by_label("Single-key shortcuts").uncheck()
    visitor.keyboard.press("Escape")
    visitor.reload()
    visitor.keyboard.press("n")
    visitor.keyboard.press("Space")
    expect(visitor.locator(".answer")).to_be_hidden()
    assert FAN_OUT_CARD in visitor.url


def test_keys_pressed_on_a_link_are_the_links_own(visitor: Page) -> None:
    visitor.goto(FAN_OUT_CARD)
    visitor.get_by_role("link", name="Concurrency & Parallelism").focus()
    visitor.keyboard.press("Enter")
    visitor.wait_for_url("**/decks/concurrency/")


def test_run_this_opens_the_lesson_below_the_card(visitor: Page) -> None:
    visitor.goto(FAN_OUT_CARD)
    visitor.keyboard.press("Space")
    visitor.get_by_role("link", name="Run this").click()
    expect(visitor.locator("#run-here code-area[data-ready]")).to_be_visible()
    expect(visitor.get_by_role("button", name=re.compile("^Run"))).to_be_focused()
    assert FAN_OUT_CARD in visitor.url


def test_run_this_is_a_plain_link_when_it_cannot_open_in_place(browser_context: BrowserContext) -> None:
    def answer(route: Route) -> None:
        if route.request.headers.get("hx-request"):
            route.abort()
        else:
            route.continue_()

    page = browser_context.new_page()
    page.route("**/lessons/fetch-fan-out/", answer)
    page.goto(FAN_OUT_CARD)
    page.keyboard.press("Space")
    page.get_by_role("link", name="Run this").click()
    page.wait_for_url("**/lessons/fetch-fan-out/")


def test_the_card_that_time_passed_by_has_a_dated_note(visitor: Page) -> None:
    visitor.goto("/decks/concurrency/")
    visitor.get_by_role("link", name="free-threaded").click()
    visitor.get_by_text("Show answer").click()
    expect(
        visitor.get_by_role("heading", name=re.compile(r"^Since then \(\d+ \w+ 20\d\d\)$"))
    ).to_be_visible()


def test_the_chosen_theme_is_remembered(visitor: Page) -> None:
    visitor.goto("/")
    paper = "() => getComputedStyle(document.documentElement).backgroundColor"
    light = visitor.evaluate(paper)
    visitor.get_by_role("radio", name="Dark").check()
    dark = visitor.evaluate(paper)
    assert dark != light
    visitor.reload()
    expect(visitor.get_by_role("radio", name="Dark")).to_be_checked()
    assert visitor.evaluate(paper) == dark
