from hypothesis import given
from hypothesis import strategies as st

from studyapp.sandbox.lines import LineSplitter


def test_lines_are_whole_however_they_arrive() -> None:
    splitter = LineSplitter()

    assert splitter.feed(b"on") == []
    assert splitter.feed(b"e\ntwo\nth") == [b"one", b"two"]
    assert splitter.feed(b"ree\n") == [b"three"]


def test_a_line_that_is_too_long_is_told_once_and_the_next_one_arrives() -> None:
    splitter = LineSplitter(longest=5)

    assert splitter.feed(b"123456") == [None]
    assert splitter.feed(b"7" * 100) == []
    assert splitter.feed(b"8\nnext\n") == [b"next"]
    assert splitter.feed(b"abcdef\nshort\n") == [None, b"short"]


@given(st.lists(st.binary(max_size=9).map(lambda line: line.replace(b"\n", b" "))), st.integers(1, 20))
def test_how_bytes_are_cut_changes_nothing(lines: list[bytes], size: int) -> None:
    data = b"".join(line + b"\n" for line in lines)
    splitter = LineSplitter(longest=6)

    cut = [line for start in range(0, len(data), size) for line in splitter.feed(data[start : start + size])]

    assert cut == [line if len(line) <= 6 else None for line in lines]
