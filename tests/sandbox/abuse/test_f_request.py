"""F: requests at the runner's socket that must be refused whole, and odd ones that must not."""

import json
from collections.abc import Iterable

from studyapp.sandbox import wire
from studyapp.sandbox.jobs import Limits
from tests.sandbox.abuse.footprint import find_launcher
from tests.sandbox.abuse.marks import case
from tests.sandbox.abuse.programs import BRIEF
from tests.sandbox.abuse.raw import Message, connected, exchange, run_request
from tests.sandbox.abuse.trial import Trial
from tests.sandbox.helpers import until_printed
from tests.sandbox.processes import descendants

Refusal = tuple[bytes | Message, str, str | None]
"""A request with the code and the field of the refusal it must get."""
LIMITS = tuple(Limits.__dataclass_fields__)


async def refused(trial: Trial, refusals: Iterable[Refusal]) -> None:
    """Each request gets one refusal, then its connection is closed; nothing was started for any."""
    async with trial.attempt(BRIEF):
        for request, code, field in refusals:
            messages = await exchange(trial.socket_path, request)
            told = [(message["type"], message["code"], message["field"]) for message in messages]
            assert told == [("refused", code, field)], (repr(request)[:200], messages)
            assert messages[0]["message"]


def with_filenames(names: Iterable[str]) -> list[Refusal]:
    return [(run_request(filename=name), "bad_field", "filename") for name in names]


def with_interpreters(names: Iterable[str]) -> list[Refusal]:
    return [(run_request(interpreter=name), "unknown_interpreter", "interpreter") for name in names]


@case("F1")
async def test_a_file_name_that_climbs_is_refused(trial: Trial) -> None:
    names = ["../up.py", "../../etc/cron.d/x.py", "a/../b.py", "a/b.py", "..", "..py", "./a.py", "..\\a.py"]
    names += ["%2e%2e%2fa.py", "\u2025/a.py", "a.py/..", "a.py\n", "a.py ", ".py", ".hidden.py", "", "a.pyc"]
    await refused(trial, with_filenames(names))


@case("F2")
async def test_an_absolute_file_name_is_refused(trial: Trial) -> None:
    names = ["/etc/x.py", "/home/learner/a.py", "//x.py", "C:\\x.py", "~/x.py", "file:///x.py", "$HOME.py"]
    await refused(trial, with_filenames(names))


@case("F3")
async def test_zero_bytes_are_refused(trial: Trial) -> None:
    refusals: list[Refusal] = [
        (run_request("print(1)\0"), "bad_field", "code"),
        (run_request(interpreter="3.11\0"), "unknown_interpreter", "interpreter"),
        (run_request(**{"stdin\0": ""}), "bad_field", "stdin\0"),
        (b'{"type":"run","job":{"code":""}\0}\n', "bad_json", None),
        (b"\0" * 100 + b"\n", "bad_json", None),
    ]
    await refused(trial, [*refusals, *with_filenames(["a.py\0.txt", "a\0.py", "\0a.py", "a.py\0"])])


@case("F4")
async def test_a_legal_odd_file_name_is_the_programs_own(trial: Trial) -> None:
    names = ["a.py", "_.py", "0.py", "__init__.py", "a..py", "a-b.c_d.py", "asyncio.py", "CON.py"]
    code = "import asyncio, os, sys\nprint(os.listdir(), os.path.basename(__file__), sys.argv)"
    async with trial.attempt(BRIEF) as attempt:
        for name in [*names, "a" * 60 + ".py"]:
            done = await attempt.follow(await attempt.start(code, filename=name), "finished")
            assert done.printed() == f"{[name]} {name} {[name]}\n"


@case("F5")
async def test_what_is_no_message_is_refused(trial: Trial) -> None:
    lines = [
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"POST /run HTTP/1.1\r\nContent-Type: text/xml\r\n\r\n<run/>\n",
        b"\x16\x03\x01\x02\x00\x01\x00\n",
        b"\n",
        b"\xff\xfe{\x00}\x00\n",
        b'{"type": "run", "job": {"code": "\xc3\x28"}}\n',
        b"[" * 200_000 + b"\n",
        b"1" * 10_000 + b"\n",
        b'{"type": "run", "job": {"code": "", "limits": {"wall_s": NaN}}}\n',
        b'{"type": "run", "job": {"code": "", "limits": {"wall_s": -Infinity}}}\n',
    ]
    objects: list[object] = [None, "run", 1, [], [run_request()], {}, {"type": "exec"}, {"job": {"code": ""}}]
    objects += [{"type": ["run"], "job": {"code": ""}}, {"type": "RUN", "job": {"code": ""}}, {"type": None}]
    await refused(trial, [(line, "bad_json", None) for line in lines])
    await refused(trial, [(json.dumps(each).encode() + b"\n", "unknown_type", "type") for each in objects])


@case("F5")
async def test_a_field_of_the_wrong_type_is_refused(trial: Trial) -> None:
    fields: dict[str, list[object]] = {
        "code": [1, None, ["print(1)"], {}, True],
        "stdin": [None, [], 0],
        "traced": ["yes", 1, None],
        "interactive": ["", 0, None],
        "owner": [7, None, ["a"]],
        "filename": [None, 1, ["a.py"]],
        "interpreter": [3.11, None, ["3.11"]],
        "limits": [[], None, "none", 1],
    }
    refusals: list[Refusal] = [
        (run_request(**{"code": "", name: value}), "bad_field", name)
        for name, values in fields.items()
        for value in values
    ]
    no_jobs: list[object] = [[], None, "print(1)", 1]
    refusals += [({"type": "run", "job": job}, "bad_field", "job") for job in no_jobs]
    refusals += [({"type": "run", "job": {}}, "bad_field", "code"), ({"type": "run"}, "bad_field", None)]
    refusals += [(b'{"type": "run", "job": {"code": "\\ud800"}}\n', "bad_field", "code")]
    await refused(trial, refusals)


@case("F5")
async def test_a_limit_that_is_none_is_refused(trial: Trial) -> None:
    values: list[object] = [0, -1, -0.5, True, False, None, "5", [], {}, 10**30, 1e300]
    refusals: list[Refusal] = [
        (run_request(limits={name: value}), "bad_field", f"limits.{name}")
        for name in LIMITS
        for value in values
    ]
    await refused(trial, refusals)


@case("F6")
async def test_words_that_look_like_options_are_refused_where_they_could_be_ones(trial: Trial) -> None:
    names = [
        "-c.py",
        "--help.py",
        "--.py",
        "-m.py",
        "a.py --bind / /",
        "a.py;reboot",
        "$(reboot).py",
        "`id`.py",
    ]
    await refused(trial, with_filenames(names))
    await refused(trial, with_interpreters(["--version", "-", "--", "-c", "3.11 --bind / /", "$(reboot)"]))


@case("F6")
async def test_words_that_look_like_options_are_text_elsewhere(trial: Trial) -> None:
    """What comes in a request is no word of a command that the host starts, and no name there."""
    options = "--bind / / --share-net ../../x"
    code = f"print({options!r}, '--', input())\nprint('up', flush=True)\ninput()"
    async with trial.attempt(BRIEF) as attempt:
        handle = await attempt.start(code, stdin=f"{options}\n", owner=options, interactive=True)
        assert await until_printed(handle, "up") == f"{options} -- {options}\nup\n"
        words = words_of(descendants(find_launcher(trial.socket_path)))
        await handle.send_input("\n")
        await attempt.follow(handle, "finished")
    assert [word for word in words if options in word] == []


def words_of(pids: list[int]) -> list[str]:
    """The arguments of these processes."""
    found = []
    for pid in pids:
        try:
            with open(f"/proc/{pid}/cmdline", errors="replace") as file:
                found += file.read().split("\0")
        except OSError:
            continue
    return found


@case("F7")
async def test_only_an_interpreter_of_the_list_can_be_chosen(trial: Trial) -> None:
    names = [
        "/bin/sh",
        "../../bin/sh",
        "sh",
        "python3",
        "2.7",
        "3.11 ",
        " 3.11",
        "3.11\n",
        "3",
        "3.1",
        "3.11.",
    ]
    names += ["*", "\u0663.11", "3.11/../3.11", "x" * 1000]
    await refused(trial, with_interpreters(names))


@case("F8")
async def test_what_is_too_large_is_refused(trial: Trial) -> None:
    refusals: list[Refusal] = [
        (run_request("#" * (64 * 1024 + 1)), "bad_field", "code"),
        (run_request("\u20ac" * 22_000), "bad_field", "code"),
        (run_request(stdin="x" * (64 * 1024 + 1)), "bad_field", "stdin"),
        (run_request(limits={"code_bytes": 10**6}), "bad_field", "limits.code_bytes"),
        (run_request("12345", limits={"code_bytes": 4}), "bad_field", "code"),
        (run_request(owner="x" * 1000), "bad_field", "owner"),
        (run_request(filename="x" * 500 + ".py"), "bad_field", "filename"),
        (run_request("#" * wire.LONGEST_REQUEST), "too_large", None),
    ]
    await refused(trial, refusals)


@case("F8")
async def test_a_line_without_an_end_is_not_read_on(trial: Trial) -> None:
    async with trial.attempt(BRIEF), connected(trial.socket_path) as raw:
        await raw.send(b"x" * (8 * wire.LONGEST_REQUEST))
        assert [message["type"] for message in await raw.rest()] in ([], ["refused"])


@case("F8")
async def test_input_beyond_the_limit_ends_the_connection_and_the_run(trial: Trial) -> None:
    async with trial.attempt(BRIEF), connected(trial.socket_path) as raw:
        await raw.send(run_request("while True: input()", interactive=True))
        assert (await raw.receive())["type"] == "started"
        for _ in range(5):
            await raw.send({"type": "input", "text": "x\n" * 8192})
        messages = await raw.rest()
    assert [message["reason"] for message in messages if message["type"] == "end"] in ([], ["abandoned"])


@case("F9")
async def test_a_field_that_there_is_not_is_refused(trial: Trial) -> None:
    fields = {"lesson": "gil", "version": 2, "argv": ["x"], "env": {"A": "b"}, "uid": 0, "cwd": "/"}
    limits = {"wall": 1, "unlimited": True, "WALL_S": 1}
    refusals: list[Refusal] = [
        *((run_request(**{name: value}), "bad_field", name) for name, value in fields.items()),
        *(
            (run_request(limits={name: value}), "bad_field", f"limits.{name}")
            for name, value in limits.items()
        ),
        ({**run_request(), "network": True}, "bad_field", None),
        ({"type": "describe", "all": True}, "bad_field", None),
    ]
    await refused(trial, refusals)
