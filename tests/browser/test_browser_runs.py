import re

from playwright.sync_api import Page, expect

from tests.browser.site import (
    colours_drawn,
    open_lesson,
    press_run,
    press_stop,
    wait_for_end,
    wait_for_picture,
)

# Keeps the page's sockets in reach, so that a test can cut one.
KEEP_SOCKETS = """
    window.sockets = [];
    window.WebSocket = class extends WebSocket {
        constructor(...all) { super(...all); window.sockets.push(this); }
    };
"""
EVENT_NUMBERS = """() => {
    const seen = window.seen = [];
    const timeline = document.querySelector("run-timeline");
    const add = timeline.add.bind(timeline);
    timeline.add = (events) => { seen.push(...events.map(({ q }) => q)); add(events); };
}"""


def choose(page: Page, variant: str) -> None:
    page.get_by_role("button", name=variant).click()


def test_lanes_appear_before_the_run_has_ended(visitor: Page) -> None:
    open_lesson(visitor, "fetch-fan-out")
    press_run(visitor)
    wait_for_picture(visitor, "model.rows().length > 10 && !model.ended && timeline.isLive")
    assert colours_drawn(visitor) > 5
    wait_for_end(visitor, "Finished")
    expect(visitor.locator(".tl-caption")).to_contain_text("The program finished")
    expect(visitor.locator("output-pane")).to_contain_text("pages in")


def test_a_stopped_run_is_back_after_a_reload_and_replays(visitor: Page) -> None:
    open_lesson(visitor, "fetch-fan-out")
    choose(visitor, "One page never answers")
    press_run(visitor)
    wait_for_picture(visitor, "model.rows().length > 10")
    press_stop(visitor)
    wait_for_end(visitor, "Stopped by you")
    visitor.reload()
    wait_for_end(visitor, "Stopped by you")
    wait_for_picture(visitor, "model.rows().length > 10 && !timeline.isLive")
    visitor.get_by_role("button", name="Play").click()
    wait_for_picture(visitor, "timeline.player.position > 0")
    visitor.get_by_role("button", name="Pause").click()
    expect(visitor.get_by_role("button", name="Play")).to_be_visible()


def test_a_kept_run_replays_on_its_own_page(visitor: Page) -> None:
    open_lesson(visitor, "task-group")
    press_run(visitor)
    wait_for_end(visitor, "")
    visitor.get_by_role("link", name="Kept as a run").click()
    expect(visitor.locator("run-replay[data-ready]")).to_be_visible()
    wait_for_picture(visitor, "model.rows().length > 3")
    timeline = visitor.get_by_role("application")
    timeline.focus()
    caption = visitor.locator(".tl-caption p")
    last = caption.inner_text()
    timeline.press(",")
    expect(caption).not_to_have_text(last)
    wait_for_picture(visitor, "timeline.player.position !== null")


def test_the_events_of_a_run_can_be_read_and_filtered_as_a_table(visitor: Page) -> None:
    open_lesson(visitor, "task-group")
    press_run(visitor)
    wait_for_end(visitor, "")
    visitor.get_by_role("button", name="Events", exact=True).click()
    rows = visitor.locator("event-table tbody tr")
    expect(rows.filter(has_text="created").first).to_be_visible()
    visitor.get_by_role("searchbox").fill("cancel asked")
    expect(rows.filter(has_text="created")).to_have_count(0)
    expect(rows.first).to_contain_text("cancel asked")


def test_a_value_out_of_range_is_told_beside_its_field(visitor: Page) -> None:
    open_lesson(visitor, "fetch-fan-out")
    field = visitor.get_by_role("textbox", name="PAGES")
    field.fill("999")
    press_run(visitor)
    error = visitor.locator("[data-field='parameters.PAGES'] .field-error")
    expect(error).to_have_text("PAGES must be a whole number from 1 to 60")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()


def test_an_error_that_only_the_server_finds_is_told_beside_its_field(visitor: Page) -> None:
    open_lesson(visitor, "fetch-fan-out")
    visitor.evaluate("() => { document.querySelector('#field-PAGES').dataset.maximum = '9999'; }")
    visitor.get_by_role("textbox", name="PAGES").fill("999")
    press_run(visitor)
    expect(visitor.locator("[data-field='parameters.PAGES'] .field-error")).to_contain_text("must be")
    expect(visitor.get_by_role("button", name=re.compile("^Run"))).to_be_enabled()


def test_controls_and_program_say_the_same(visitor: Page) -> None:
    open_lesson(visitor, "fetch-fan-out")
    program = visitor.get_by_role("textbox", name="Program")
    visitor.get_by_role("textbox", name="PAGES").fill("7")
    assert "\nPAGES = 7 " in program.input_value()
    program.fill(program.input_value().replace("FAILING = 2", "FAILING = 3"))
    expect(visitor.get_by_role("textbox", name="FAILING")).to_have_value("3")
    visitor.get_by_role("button", name="Reset to the original").click()
    expect(visitor.get_by_role("textbox", name="PAGES")).to_have_value("10")
    assert "\nPAGES = 10 " in program.input_value()


def test_a_syntax_error_ends_the_run_with_pythons_message_and_marks_the_line(visitor: Page) -> None:
    open_lesson(visitor, "fetch-fan-out")
    visitor.get_by_role("textbox", name="Program").fill("x = 1\nprint('hello'\n")
    visitor.get_by_role("textbox", name="Program").press("Control+Enter")
    wait_for_end(visitor, "Ended with SyntaxError at line 2")
    expect(visitor.locator("output-pane .out-stderr").last).to_contain_text("SyntaxError")
    expect(visitor.locator(".line-failed")).to_have_attribute("data-line", "2")


def test_ctrl_and_enter_run_from_anywhere_on_the_page_and_the_list_of_keys_says_so(visitor: Page) -> None:
    open_lesson(visitor, "task-group")
    visitor.keyboard.press("Control+Enter")
    wait_for_end(visitor, "Finished")
    visitor.keyboard.press("?")
    keys = visitor.get_by_role("dialog")
    expect(keys).to_contain_text("Run the program")
    expect(keys).to_contain_text("Timeline: next key moment")


def test_tab_indents_in_the_program_and_leaves_it_after_escape(visitor: Page) -> None:
    open_lesson(visitor, "gil")
    program = visitor.get_by_role("textbox", name="Program")
    program.fill("x")
    program.press("Home")
    program.press("Tab")
    expect(program).to_have_value("    x")
    program.press("Escape")
    program.press("Tab")
    expect(program).not_to_be_focused()


def test_a_run_goes_on_where_it_was_after_the_socket_dropped(visitor: Page) -> None:
    visitor.add_init_script(KEEP_SOCKETS)
    open_lesson(visitor, "fetch-fan-out")
    visitor.evaluate(EVENT_NUMBERS)
    choose(visitor, "One page never answers")
    press_run(visitor)
    wait_for_picture(visitor, "model.rows().length > 10")
    visitor.evaluate("() => window.sockets.at(-1).close()")
    wait_for_end(visitor, "Finished")
    assert visitor.evaluate("() => window.sockets.length") == 2
    numbers = visitor.evaluate("() => window.seen")
    assert numbers == list(range(1, len(numbers) + 1))


def test_the_recent_run_stands_on_the_dashboard(visitor: Page) -> None:
    open_lesson(visitor, "to-thread")
    press_run(visitor)
    wait_for_end(visitor, "Finished")
    visitor.goto("/")
    expect(visitor.locator(".run-list").get_by_role("link", name="Keep the event loop free")).to_be_visible()


def test_the_focus_follows_from_run_to_stop_and_back(visitor: Page) -> None:
    open_lesson(visitor, "fetch-fan-out")
    run = visitor.get_by_role("button", name=re.compile("^Run"))
    run.focus()
    visitor.keyboard.press("Enter")
    expect(visitor.get_by_role("button", name="Stop")).to_be_focused()
    wait_for_end(visitor, "Finished")
    expect(run).to_be_focused()


def test_what_was_set_and_written_is_back_after_a_reload(visitor: Page) -> None:
    open_lesson(visitor, "fetch-fan-out")
    choose(visitor, "One page never answers")
    program = visitor.get_by_role("textbox", name="Program")
    program.fill(program.input_value() + "# mine\n")
    visitor.reload()
    expect(visitor.locator("code-area[data-ready]")).to_be_visible()
    assert program.input_value().endswith("# mine\n")
    expect(visitor.get_by_role("textbox", name="HANGING")).to_have_value("1")
    visitor.get_by_role("button", name="Reset to the original").click()
    visitor.reload()
    expect(visitor.get_by_role("textbox", name="HANGING")).to_have_value("0")


def test_a_run_in_another_tab_can_be_stopped_from_here(visitor: Page) -> None:
    open_lesson(visitor, "fetch-fan-out")
    choose(visitor, "One page never answers")
    press_run(visitor)
    wait_for_picture(visitor, "model.rows().length > 10")
    other = visitor.context.new_page()
    open_lesson(other, "task-group")
    press_run(other)
    other.get_by_role("button", name="Stop the other run").click()
    expect(other.get_by_role("button", name=re.compile("^Run"))).to_be_focused()
    expect(other.locator("[data-state]")).to_contain_text("Press Run again")
    wait_for_end(visitor, "Stopped by you")


def test_a_program_that_is_too_long_is_not_sent(visitor: Page) -> None:
    open_lesson(visitor, "gil")
    visitor.get_by_role("textbox", name="Program").fill("#" + "é" * 40_000)
    press_run(visitor)
    problem = visitor.locator("[data-problem]")
    expect(problem).to_contain_text("The program is 79 kB long, and at most 64 kB can be run.")
    expect(problem).to_contain_text("Shorten the program")


def test_the_line_of_a_replayed_moment_is_lit_in_the_program(visitor: Page) -> None:
    open_lesson(visitor, "task-group")
    press_run(visitor)
    wait_for_end(visitor, "")
    visitor.get_by_role("link", name="Kept as a run").click()
    expect(visitor.locator("run-replay[data-ready]")).to_be_visible()
    visitor.get_by_role("application").press(",")
    expect(visitor.locator("code-area .line-lit")).to_have_count(1)


def test_an_event_keeps_its_words_on_one_line(visitor: Page) -> None:
    open_lesson(visitor, "task-group")
    press_run(visitor)
    wait_for_end(visitor, "")
    visitor.get_by_role("button", name="Events", exact=True).click()
    cell = visitor.get_by_role("cell", name="created", exact=True).first.bounding_box()
    head = visitor.get_by_role("columnheader", name="What").bounding_box()
    assert cell is not None
    assert head is not None
    assert cell["height"] <= head["height"] * 1.2


def test_the_table_tells_events_in_the_order_of_time_and_fits_a_phone(visitor: Page) -> None:
    visitor.set_viewport_size({"width": 390, "height": 844})
    open_lesson(visitor, "to-thread")
    choose(visitor, "Block the loop")
    press_run(visitor)
    wait_for_end(visitor, "Finished")
    visitor.get_by_role("button", name="Events", exact=True).click()
    times = [float(text) for text in visitor.locator("event-table td:first-child").all_inner_texts()]
    assert times == sorted(times)
    table = visitor.locator("event-table .table-scroll")
    assert table.evaluate("(element) => element.scrollWidth <= element.clientWidth")
