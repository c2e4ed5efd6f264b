"""D, the kind: programs that say what is no text, or text that is not what it looks like."""

import json

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from studyapp.accounts.models import User
from studyapp.runs.models import EventChunk, Run, State
from studyapp.sandbox import wire
from studyapp.sandbox.jobs import Limits
from tests.runs.rows import NOW
from tests.sandbox.abuse.marks import case
from tests.sandbox.abuse.trial import Trial

INVALID = b"a\xff\xfeb\xc3(\xe2\x82 \xf0\x9f\x99 \xc0\xaf \xed\xa0\x80 " + bytes(range(256)) + b"\xf0\x9f"
WORLD = "naïve café ‮⁦שלום עולם⁩ مرحبا 你好 नमस्ते e\u0301 🙂 👩🏽‍🚀 🏳️‍🌈 \u2028 \u2029 \ufeff \U0010ffff"
CONTROLS = (
    "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x1b]8;;http://example.com\x1b\\link\x1b]8;;\x1b\\ "
    "\x1b[2J\x1b[H \x1bc \x9b31m \x00 a\rb\r\nc\x08d\x7f\x0b\x0c\x05\x1a \x1bP+q544e\x1b\\ "
)
MARKUP = "<script>alert(1)</script><img src=x onerror=alert(1)>&amp;{{ 1 }}</pre>'\"]]><!--"


@case("D6")
async def test_bytes_that_are_no_utf8_are_replaced(trial: Trial) -> None:
    code = f"import os\nos.write(1, {INVALID!r})\nos.write(2, {INVALID!r})"
    expected = INVALID.decode(errors="replace")

    await trial.both_say(code, expected, expected)


@case("D6")
async def test_bytes_of_pythons_own_buffer_are_replaced(trial: Trial) -> None:
    code = f"import sys\nsys.stdout.buffer.write({INVALID!r})\nsys.stdout.buffer.flush()"

    await trial.both_say(code, INVALID.decode(errors="replace"))


ODD_TASK = """
import asyncio
async def work(): pass
work.__name__ = work.__qualname__ = every[1]
async def main(): await asyncio.create_task(work(), name=every[0])
asyncio.run(main())
"""
EVERY_SURROGATE = "every = [chr(code) for code in range(0xD800, 0xE000)]\n"


@case("D7")
async def test_printing_a_lone_surrogate_is_the_programs_own_error_or_replaced(trial: Trial) -> None:
    """Python itself takes 128 of them, DC80 to DCFF, for bytes that were no UTF-8, and writes these bytes."""
    code = EVERY_SURROGATE + (
        "refused = 0\n"
        "for each in every:\n"
        "    try: print(each)\n"
        "    except UnicodeEncodeError: refused += 1\n"
        "print(refused)\n"
    )

    await trial.both_say(code, "\ufffd\n" * 128 + "1920\n")


@case("D7")
async def test_lone_surrogates_written_by_force_are_replaced(trial: Trial) -> None:
    code = EVERY_SURROGATE + (
        "import os, sys\n"
        "for each in every: os.write(1, each.encode('utf-8', 'surrogatepass'))\n"
        "sys.stdout.reconfigure(errors='surrogatepass')\n"
        "for each in every: print(each, end='')\n"
    )

    await trial.both_say(code, "\ufffd" * 3 * 2048 * 2)


@case("D7")
@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("failed", "raise ValueError(''.join(every))"),
        ("failed", "raise type('Odd' + every[0], (Exception,), {})(every[-1])"),
        ("failed", "raise SystemExit(every[0])"),
        ("finished", ODD_TASK),
        ("finished", "import threading\nthreading.Thread(target=print, name=every[0]).start()"),
    ],
    ids=["message", "type", "exit", "task", "thread"],
)
async def test_lone_surrogates_in_names_break_nothing(trial: Trial, reason: str, code: str) -> None:
    done = await trial.ends(reason, EVERY_SURROGATE + code, limits=Limits())

    assert json.dumps(done.events, ensure_ascii=False).encode()


@case("D8")
async def test_text_of_the_world_arrives_as_written(trial: Trial) -> None:
    code = f"import sys\nprint({WORLD!a})\nprint('{WORLD}', file=sys.stderr)"

    await trial.both_say(code, f"{WORLD}\n", f"{WORLD}\n")


@case("D9")
async def test_what_goes_to_two_streams_in_turns_arrives_in_turns(trial: Trial) -> None:
    code = "import sys\nfor i in range(300): print('o', i); print('e', i, file=sys.stderr)"

    done = await trial.ends("finished", code, limits=Limits(wall_s=30))

    said = [event["args"]["text"] for event in done.events if event["cat"] == "out"]
    assert "".join(said) == "".join(f"o {i}\ne {i}\n" for i in range(300))


@case("D9")
async def test_each_stream_is_in_order_whoever_writes(trial: Trial) -> None:
    code = (
        "import os, sys\n"
        "for i in range(300):\n"
        "    for stream in sys.stdout, sys.stderr: print(i, file=stream); os.write(stream.fileno(), b'')\n"
    )
    expected = "".join(f"{i}\n" for i in range(300))

    await trial.both_say(code, expected, expected)


@case("D10")
async def test_control_characters_arrive_as_text(trial: Trial) -> None:
    await trial.both_say(f"print({CONTROLS!r}, end='')", CONTROLS)


@case("D11")
async def test_markup_arrives_as_text(trial: Trial) -> None:
    await trial.both_say(f"print({MARKUP!r}, end='')", MARKUP)


@case("D11")
async def test_markup_stays_text_in_its_error(trial: Trial) -> None:
    done = await trial.ends("failed", f"raise ValueError({MARKUP!r})", limits=Limits())

    assert done.outcome.error is not None
    assert done.outcome.error["msg"] == MARKUP


@case("D11")
@pytest.mark.django_db
def test_markup_stays_text_on_the_page_of_a_stored_run(owner: User) -> None:
    ended = {"created_at": NOW, "beat_at": NOW, "started_at": NOW, "ended_at": NOW, "state": State.ENDED}
    run = Run.objects.create(
        owner=owner,
        lesson="gil",
        interpreter="3.11",
        reason="failed",
        code=MARKUP,
        error={"type": MARKUP, "msg": MARKUP, "line": 1, "sub": []},
        event_count=1,
        **ended,
    )
    args = {"stream": "stdout", "text": MARKUP}
    event = {"ph": "i", "cat": "out", "name": "out", "pid": 0, "tid": 0, "ts": 1.0, "s": "t", "args": args}
    packed = EventChunk.pack([wire.dump_json({"q": 1, **event})])
    EventChunk.objects.create(run=run, first_q=1, last_q=1, packed=packed)
    client = Client()
    client.force_login(owner)

    page = client.get(reverse("run", args=[run.pk])).content.decode()

    assert MARKUP not in page
    assert "<script>alert" not in page
    assert escape(MARKUP) in page


@case("D13")
@pytest.mark.parametrize("shift", range(4))
async def test_characters_across_the_borders_of_chunks_arrive_whole(trial: Trial, shift: int) -> None:
    text = "x" * shift + "🙂é€" * 30_000
    code = f"import os\ntext = 'x' * {shift} + '🙂é€' * 30_000\n"

    await trial.both_say(f"{code}os.write(1, text.encode())", text)
    await trial.both_say(f"{code}print(text, end='')", text)


@case("D13")
async def test_characters_that_come_byte_by_byte_arrive_whole(trial: Trial) -> None:
    """Slowly enough that every byte is read by itself."""
    code = (
        "import os, sys, time\n"
        "for byte in ('🙂é€' * 20).encode():\n"
        "    for fd in 1, 2: os.write(fd, bytes([byte]))\n"
        "    time.sleep(0.002)"
    )

    await trial.both_say(code, "🙂é€" * 20, "🙂é€" * 20)
