"""A job as it is told to the jail that runs it: words that each end with a NUL."""

import resource

from hypothesis import given
from hypothesis import strategies as st

from studyapp.sandbox.jail import dump_order
from studyapp.sandbox.jobs import Job
from studyapp.sandbox.limits import Limits

CODE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=500)


@given(code=CODE, traced=st.booleans())
def test_every_program_arrives_as_it_is_in_the_last_of_four_words(*, code: str, traced: bool) -> None:
    filename, flag, _, source, rest = dump_order(Job(code, "mine.py", traced=traced)).split(b"\0")

    assert (filename, flag, source.decode(), rest) == (b"mine.py", b"01"[traced : traced + 1], code, b"")


def test_the_kernels_limits_are_numbers_each_with_its_value() -> None:
    numbers = list(map(int, dump_order(Job("")).split(b"\0")[2].split()))

    limits = dict(zip(numbers[::2], numbers[1::2], strict=True))
    assert limits[resource.RLIMIT_CPU] == Limits().cpu_s + 2
    assert limits[resource.RLIMIT_FSIZE] == 2 * Limits().disk_bytes


def test_no_limit_is_above_what_a_jail_may_have() -> None:
    numbers = list(map(int, dump_order(Job("")).split(b"\0")[2].split()))

    for number, value in zip(numbers[::2], numbers[1::2], strict=True):
        most = resource.getrlimit(number)[1]
        assert most == resource.RLIM_INFINITY or value <= most
