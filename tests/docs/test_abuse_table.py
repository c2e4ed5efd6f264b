"""The table of abuse cases in docs/security.md is the one that the suite makes."""

from tests.sandbox.abuse.table import BEGIN, END, PAGE, make_table


def test_the_page_on_security_has_the_present_table() -> None:
    """If it has not: python -m tests.sandbox.abuse"""
    between = PAGE.read_text().partition(BEGIN)[2].partition(END)[0]

    assert between.strip() == make_table()
