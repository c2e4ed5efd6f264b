"""The queue as clients of a real runner meet it."""

import pytest

from studyapp.sandbox.client import RunnerClient
from studyapp.sandbox.errors import Refused
from studyapp.sandbox.jobs import Job, Limits, Queued, Started
from tests.sandbox.helpers import follow, until_printed

WAITING = "import time; print('ready', flush=True); time.sleep(60)"


async def test_a_second_run_of_an_owner_is_refused_and_leaves_the_first_alone(client: RunnerClient) -> None:
    first = await client.start(Job(WAITING, owner="ann"))
    await until_printed(first, "ready")
    with pytest.raises(Refused) as caught:
        await client.start(Job("print(1)", owner="ann"))
    assert caught.value.code == "one_run_at_a_time"
    await first.stop()
    assert (await follow(first)).reason == "stopped"


async def test_the_next_run_of_an_owner_may_start_as_soon_as_the_end_is_told(client: RunnerClient) -> None:
    for _ in range(4):
        told = await follow(await client.start(Job("print(1)", owner="ann")))
        assert told.reason == "finished"


async def test_the_next_run_of_an_owner_may_start_as_soon_as_the_client_of_the_last_has_gone(
    client: RunnerClient,
) -> None:
    for _ in range(3):
        left = await client.start(Job(WAITING, owner="ann"))
        await until_printed(left, "ready")
        await left.aclose()
        told = await follow(await client.start(Job("print(1)", owner="ann")))
        assert told.reason == "finished"


async def test_a_short_run_passes_the_long_ones_that_fill_their_places_and_the_line(
    client: RunnerClient,
) -> None:
    long_ones = [await client.start(Job(WAITING, owner=f"owner {number}")) for number in range(3)]
    for handle in long_ones:
        await until_printed(handle, "ready")
    in_line = await client.start(Job(WAITING, owner="last"))
    assert await anext(aiter(in_line)) == Queued(1)

    quick = await client.start(Job("print(1)", owner="quick", limits=Limits(wall_s=3)))

    assert isinstance(await anext(aiter(quick)), Started)
    for handle in [quick, in_line, *long_ones]:
        await handle.aclose()
