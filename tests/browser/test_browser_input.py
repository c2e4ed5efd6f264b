"""A person types into the page, and the program answers."""

from playwright.sync_api import Locator, Page, expect

from tests.browser.site import open_lesson, press_run, press_stop, wait_for_end

ASKING = """\
name = input("Your name? ")
print(f"Hello {name}")
print(f"Bye {input('More? ')}")
"""
READING = "import sys\nprint('ready')\nprint(len(sys.stdin.readlines()), 'lines')\n"
SLEEPING = "import time\nprint('ready')\ntime.sleep(60)\n"


def line_of(page: Page) -> Locator:
    return page.get_by_label("Input for the program")


def run_program(page: Page, program: str, until: str) -> None:
    open_lesson(page, "gil")
    page.locator("code-area textarea").fill(program)
    press_run(page)
    expect(page.locator("output-pane")).to_contain_text(until)


def test_a_program_answers_what_is_typed(visitor: Page) -> None:
    run_program(visitor, ASKING, "Your name?")
    line_of(visitor).fill("Ada")
    line_of(visitor).press("Enter")
    expect(visitor.locator("output-pane")).to_contain_text("Hello Ada")
    expect(line_of(visitor)).to_be_focused()
    expect(line_of(visitor)).to_have_value("")
    visitor.keyboard.type("Grace")
    visitor.get_by_role("button", name="Send").click()
    wait_for_end(visitor, "Finished")
    expect(visitor.locator("output-pane")).to_contain_text("Bye Grace")


def test_what_was_typed_stands_after_its_prompt_and_is_told_apart(visitor: Page) -> None:
    run_program(visitor, ASKING, "Your name?")
    line_of(visitor).fill("Ada")
    line_of(visitor).press("Enter")
    prompt = visitor.locator(".out-line", has_text="Your name?")
    expect(prompt.locator(".out-typed")).to_have_text("Ada")
    expect(prompt).to_contain_text("input: ")
    expect(visitor.locator(".out-line", has_text="Hello Ada").locator(".out-typed")).to_have_count(0)


def test_ctrl_d_ends_the_input(visitor: Page) -> None:
    run_program(visitor, READING, "ready")
    for text in ("one", ""):
        line_of(visitor).fill(text)
        line_of(visitor).press("Enter")
    line_of(visitor).press("Control+d")
    expect(visitor.locator("output-pane")).to_contain_text("2 lines")
    expect(visitor.locator("output-pane")).to_contain_text("end of input")
    expect(visitor.locator("output-pane")).to_be_focused()
    wait_for_end(visitor, "Finished")


def test_the_button_ends_the_input_and_the_next_run_takes_some_again(visitor: Page) -> None:
    run_program(visitor, READING, "ready")
    visitor.get_by_role("button", name="End of input").click()
    expect(visitor.locator("output-pane")).to_contain_text("0 lines")
    expect(line_of(visitor)).to_be_disabled()
    wait_for_end(visitor, "Finished")
    press_run(visitor)
    expect(line_of(visitor)).to_be_enabled()


def test_input_is_taken_only_while_the_run_is_live_and_takes_no_focus(visitor: Page) -> None:
    run_program(visitor, SLEEPING, "ready")
    expect(visitor.get_by_role("button", name="Stop")).to_be_focused()
    visitor.get_by_text("Input for the program").click()
    expect(line_of(visitor)).to_be_enabled()
    press_stop(visitor)
    wait_for_end(visitor, "Stopped by you")
    for part in (line_of(visitor), visitor.get_by_role("button", name="End of input")):
        expect(part).to_be_disabled()


def test_who_types_as_the_run_ends_keeps_the_text_and_starts_nothing(visitor: Page) -> None:
    run_program(visitor, "print('ready')\ninput()\nimport time\ntime.sleep(0.5)\n", "ready")
    line_of(visitor).press("Enter")
    line_of(visitor).fill("too late")
    wait_for_end(visitor, "Finished")
    expect(visitor.locator("output-pane")).to_be_focused()
    expect(line_of(visitor)).to_have_value("too late")


def test_the_line_stands_open_for_programs_that_read_and_is_folded_for_others(visitor: Page) -> None:
    open_lesson(visitor, "gil")
    program = visitor.locator("code-area textarea")
    expect(line_of(visitor)).to_be_hidden()
    program.fill(ASKING)
    expect(line_of(visitor)).to_be_visible()
    program.fill(SLEEPING)
    expect(line_of(visitor)).to_be_hidden()
    program.fill("import asyncio\nasyncio.run(asyncio.to_thread(input, 'x'))")
    expect(line_of(visitor)).to_be_visible()
    program.fill("inputs = [1]")
    expect(line_of(visitor)).to_be_hidden()
    program.fill("import sys\nsys.stdin.read()")
    expect(line_of(visitor)).to_be_visible()


def test_too_much_input_is_told_and_the_run_goes_on(visitor: Page) -> None:
    run_program(visitor, "print('ready')\nprint(input('x'))\n" + SLEEPING, "ready")
    for _ in range(5):
        line_of(visitor).fill("x" * 16_000)
        line_of(visitor).press("Enter")
    expect(visitor.locator("[data-input-problem]")).to_contain_text("at most 65,536 bytes of input")
    expect(visitor.get_by_role("button", name="Stop")).to_be_visible()


def test_input_goes_on_after_the_page_was_loaded_again(visitor: Page) -> None:
    run_program(visitor, ASKING, "Your name?")
    visitor.reload()
    expect(visitor.locator("output-pane")).to_contain_text("Your name?")
    line_of(visitor).fill("Ada")
    line_of(visitor).press("Enter")
    expect(visitor.locator("output-pane")).to_contain_text("Hello Ada")


def test_what_was_cut_is_told_in_bytes_beside_the_end(visitor: Page) -> None:
    open_lesson(visitor, "gil")
    visitor.locator("code-area textarea").fill("while True: print('x' * 999)")
    press_run(visitor)
    wait_for_end(visitor, "Stopped for printing too much")
    expect(visitor.locator("[data-state]")).to_contain_text("bytes of stdout left out.")
    expect(visitor.locator("[data-facts]")).to_contain_text("bytes of stdout left out")
