"""Which Python programs run on when nobody asks for one."""

from pathlib import Path

from studyapp.sandbox.interpreters import Interpreter, put_default_first


def offer(name: str, version: str, problem: str = "") -> Interpreter:
    path = Path("/opt/py/bin/python3")
    return Interpreter(name, version, path, path.parents[1], gil="t" not in name, problem=problem)


def test_the_newest_that_can_be_used_is_the_default() -> None:
    found = [
        offer("3.11", "3.11.7"),
        offer("3.9", "3.9.1"),
        offer("3.13", "3.13.0"),
        offer("3.14", "", "broken"),
    ]

    assert [each.name for each in put_default_first(found)] == ["3.13", "3.11", "3.9", "3.14"]


def test_one_without_the_gil_or_before_its_release_is_not_the_default() -> None:
    found = [offer("3.13t", "3.13.1"), offer("3.15", "3.15.0rc1"), offer("3.12", "3.12.1")]

    assert [each.name for each in put_default_first(found)] == ["3.12", "3.15", "3.13t"]


def test_of_those_that_cannot_be_used_our_own_is_the_first() -> None:
    found = [offer("3.11", "3.11.7", "no packages"), offer("3.13", "3.13.0", "no packages")]

    assert put_default_first(found) == found
