"""What the benchmarks' table says of a figure."""

import pytest

from bench.rows import Row, Target, as_table

AT_MOST_HALF = Target("ratio", "most", 0.5)
AT_LEAST_8 = Target("ratio", "least", 8)
AT_MOST_5_MIB = Target("value", "most", 5)


@pytest.mark.parametrize(
    ("value", "ratio", "target", "verdict"),
    [
        (7.0, 0.5, AT_MOST_HALF, "pass"),
        (0.1, 0.51, AT_MOST_HALF, "MISSED"),
        (1.0, 8.0, AT_LEAST_8, "pass"),
        (9.0, 7.9, AT_LEAST_8, "MISSED"),
        (5.0, None, AT_MOST_5_MIB, "pass"),
        (5.1, None, AT_MOST_5_MIB, "MISSED"),
        (1.0, None, AT_MOST_HALF, "MISSED"),
        (1.0, 1.0, None, ""),
    ],
)
def test_the_verdict_holds_the_figure_that_is_meant_against_the_target(
    value: float, ratio: float | None, target: Target | None, verdict: str
) -> None:
    assert Row("thing", value, ratio=ratio, target=target).verdict == verdict


def test_what_could_not_be_measured_is_no_pass_and_says_why() -> None:
    row = Row("thing", None, target=AT_MOST_HALF, reason="no kernel")
    assert row.verdict == "not measured: no kernel"
    assert row.to_json()["verdict"] == row.verdict


def test_the_table_shows_value_reference_target_and_verdict_of_each_row() -> None:
    heading, line = as_table([Row("wait", 12.34, "ms", "bare start", 0.4, AT_MOST_HALF)]).splitlines()
    assert heading.split() == [
        "measured",
        "value",
        "unit",
        "÷",
        "reference",
        "reference",
        "must",
        "be",
        "verdict",
    ]
    assert line.split() == ["wait", "12.34", "ms", "0.400", "bare", "start", "≤", "0.5", "x", "pass"]
