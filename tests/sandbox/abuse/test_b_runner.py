"""B11: what floods a program, and not its runner."""

import pytest

from studyapp.sandbox.jobs import Limits
from studyapp.sandbox.limits import MIB
from tests.sandbox.abuse.floods import FIND_EVENT_PIPE, FLAT_BYTES, growth_bytes
from tests.sandbox.abuse.marks import case
from tests.sandbox.abuse.trial import Trial

EVENT = (
    b'{"ph":"i","cat":"out","name":"out","pid":1,"tid":0,"ts":1,"s":"t",'
    b'"args":{"stream":"stdout","text":"forged"}}'
)
FLOODS = {
    "output": "import os\nwhile True: os.write(1, b'x' * (1 << 16))",
    "prints": "while True: print('x' * 1000)",
    "forged events": f"{FIND_EVENT_PIPE}\nline = b','.join([{EVENT!r}] * 100)\n"
    "while True: write_event(b'[%s]' % line)",
    "junk for events": f"{FIND_EVENT_PIPE}\nwhile True: write_event(b'x' * 60_000)",
}


@case("B11")
@pytest.mark.parametrize("flood", FLOODS)
async def test_the_runners_memory_stays_flat_in_a_flood(trial: Trial, flood: str) -> None:
    limits = Limits(wall_s=60, cpu_s=60, output_bytes=8 * MIB, events=20_000)

    growth = await growth_bytes(trial, ("output_limit", "event_limit"), FLOODS[flood], limits)

    assert growth < FLAT_BYTES
