"""docs/protocol.md tells every message and every error code, with examples that are messages."""

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.conf import settings

from studyapp.runs.messages import CLIENT_MESSAGES, SERVER_MESSAGES, ErrorCode, FromServer, Start, parse
from studyapp.runs.plans import plan_run
from studyapp.runs.problems import RequestRefused
from studyapp.sandbox.jobs import EndReason

PAGE = (Path(settings.BASE_DIR) / "docs" / "protocol.md").read_text()
EXAMPLES: list[dict[str, Any]] = [json.loads(text) for text in re.findall(r"```json\n(.+)\n```", PAGE)]
SERVER_TYPES = {message.__struct_config__.tag: message for message in SERVER_MESSAGES}


def example_of(kind: object) -> dict[str, Any]:
    (example,) = [example for example in EXAMPLES if example["type"] == kind]
    return example


@pytest.mark.parametrize("kind", [*CLIENT_MESSAGES, *SERVER_TYPES])
def test_every_message_has_a_section_of_its_own(kind: str) -> None:
    assert f"\n### {kind}\n" in PAGE


@pytest.mark.parametrize("kind", CLIENT_MESSAGES)
def test_the_example_of_a_client_message_is_one(kind: str) -> None:
    parse(json.dumps(example_of(kind)))


def plan_example(**changes: Any) -> None:
    start = parse(json.dumps(example_of("start") | changes))
    assert isinstance(start, Start)
    plan_run(
        lesson=start.lesson,
        parameters=start.parameters,
        variant=start.variant,
        code=start.code,
        interpreter=start.interpreter or "",
    )


def test_the_example_of_a_start_would_start() -> None:
    plan_example()


def test_the_example_of_an_error_is_what_a_start_out_of_range_gets() -> None:
    error = example_of("error")
    name = error["field"].removeprefix("parameters.")
    with pytest.raises(RequestRefused) as refused:
        plan_example(parameters={name: 10**6})
    (problem,) = refused.value.problems
    assert (problem.code, problem.message, problem.field) == (error["code"], error["message"], error["field"])


@pytest.mark.parametrize(("kind", "message"), SERVER_TYPES.items())
def test_the_example_of_a_server_message_shows_exactly_its_fields(
    kind: str, message: type[FromServer]
) -> None:
    fields = msgspec.structs.fields(message)
    needed = {field.name for field in fields if field.required}
    assert needed <= example_of(kind).keys() - {"type"} <= {field.name for field in fields}


@pytest.mark.parametrize("code", ErrorCode)
def test_every_error_code_is_in_the_table(code: str) -> None:
    assert f"\n| `{code}` | " in PAGE


def test_no_error_code_is_in_the_table_that_does_not_exist() -> None:
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) == set(ErrorCode)


@pytest.mark.parametrize("reason", EndReason)
def test_every_reason_of_an_end_is_named(reason: str) -> None:
    assert f"`{reason}`" in PAGE
