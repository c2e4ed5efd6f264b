"""`python -m tests.sandbox.abuse` writes the table of the cases into the page about security."""

from tests.sandbox.abuse.table import PAGE, write_table

PAGE.write_text(write_table(PAGE.read_text()))
