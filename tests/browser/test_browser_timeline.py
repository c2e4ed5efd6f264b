"""The picture itself, fed by the page: large runs, keys, reduced motion."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import colours_drawn, open_lesson, wait_for_picture

LANES = 1000
FEED = """(lanes) => {
    const timeline = document.querySelector("run-timeline");
    const events = [];
    let q = 0;
    const put = (ph, cat, name, task, ts, args, more = {}) =>
        events.push({ q: ++q, ph, cat, name, pid: 1, tid: 1_000_000 + task, ts, args, ...more });
    put("B", "task", "main", 1, 0, { task: 1, parent: null, site: null, via: null });
    for (let task = 2; task <= lanes; task += 1) {
        put("B", "task", "work", task, task, { task, parent: 1, site: null, via: "gather" });
    }
    for (let round = 0; round < 8; round += 1) {
        for (let task = 2; task <= lanes; task += 1) {
            const on = round < 7 ? "sleep" : "done";
            const args = { ready_us: 20, by: "timer", on, arg: 0.1, site: null };
            put("X", "run", "step", task, 5000 + round * 100_000 + task * 50, args, { dur: 30 });
        }
    }
    for (let task = 2; task <= lanes; task += 1) {
        put("E", "task", "work", task, 705_031 + task * 50, { outcome: task === 9 ? "failed" : "done" });
    }
    timeline.begin();
    timeline.add(events);
    timeline.finish();
}"""


@pytest.fixture
def crowded(visitor: Page) -> Page:
    """A lesson's page that shows an ended run of a thousand tasks and ten thousand events."""
    open_lesson(visitor, "semaphore")
    visitor.evaluate(FEED, LANES)
    wait_for_picture(visitor, f"model.rows().length === {LANES} && model.eventCount > 9900")
    return visitor


def test_a_thousand_lanes_are_drawn_with_no_element_for_any_of_them(crowded: Page) -> None:
    before = crowded.evaluate("() => document.querySelectorAll('run-timeline *').length")
    crowded.get_by_role("application").press("End")
    assert colours_drawn(crowded) > 5
    assert crowded.evaluate("() => document.querySelectorAll('run-timeline *').length") == before < 100


def test_arrows_select_a_lane_and_bring_it_into_view(crowded: Page) -> None:
    timeline = crowded.get_by_role("application")
    timeline.press("ArrowUp")
    wait_for_picture(crowded, f"timeline.selected.row === {LANES - 1} && timeline.scroller.scrollTop > 0")
    expect(crowded.locator("[data-part=speech]")).to_contain_text(f"work #{LANES}")
    timeline.press("Escape")
    wait_for_picture(crowded, "timeline.selected === null")


def test_keys_zoom_pan_and_fit(crowded: Page) -> None:
    timeline = crowded.get_by_role("application")
    whole = crowded.evaluate("() => document.querySelector('run-timeline').scale.span")
    for _ in range(5):
        timeline.press("+")
    wait_for_picture(crowded, f"timeline.scale.span < {whole} / 4")
    timeline.press("Home")
    wait_for_picture(crowded, "timeline.scale.start === 0")
    timeline.press("End")
    wait_for_picture(crowded, "timeline.scale.start > 0")
    timeline.press("0")
    wait_for_picture(crowded, f"timeline.scale.span === {whole}")


def test_the_plain_wheel_scrolls_and_only_with_ctrl_it_zooms(crowded: Page) -> None:
    crowded.get_by_role("application").hover()
    whole = crowded.evaluate("() => document.querySelector('run-timeline').scale.span")
    crowded.mouse.wheel(0, 120)
    wait_for_picture(crowded, "timeline.scroller.scrollTop > 0")
    assert crowded.evaluate("() => document.querySelector('run-timeline').scale.span") == whole
    crowded.keyboard.down("Control")
    crowded.mouse.wheel(0, -300)
    crowded.keyboard.up("Control")
    wait_for_picture(crowded, f"timeline.scale.span < {whole}")


def test_pointing_at_a_lane_tells_its_facts(crowded: Page) -> None:
    box = crowded.get_by_role("application").bounding_box()
    assert box is not None
    crowded.mouse.move(box["x"] + box["width"] / 2, box["y"] + 100)
    tip = crowded.get_by_role("tooltip")
    expect(tip).to_be_visible()
    expect(tip).to_contain_text("started by")
    crowded.mouse.move(5, 5)
    expect(tip).to_be_hidden()


def test_nothing_plays_by_itself(crowded: Page) -> None:
    crowded.emulate_media(reduced_motion="reduce")
    assert crowded.evaluate("() => document.querySelector('run-timeline').player.isPlaying") is False
    assert crowded.evaluate("() => document.querySelector('run-timeline').player.position") is None
