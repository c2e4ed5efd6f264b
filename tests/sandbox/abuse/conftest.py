"""One runner for all cases, and a word at the end on those that this host could not try."""

from collections.abc import Iterator

import pytest

from studyapp.sandbox.embedded import EmbeddedRunner
from tests.sandbox.abuse.catalogue import CASES
from tests.sandbox.abuse.marks import CANNOT
from tests.sandbox.abuse.trial import RUNS, Trial, new_trial

_trials: dict[EmbeddedRunner, Trial] = {}


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "case(id): tries the case of the abuse catalogue with this id")


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers("case"):
        item.user_properties.append(("case", mark.args[0]))


@pytest.fixture(scope="session")
def abused_runner(bubblewrap: str) -> Iterator[EmbeddedRunner]:
    runner = EmbeddedRunner(runs=RUNS, waiting=16)
    yield runner
    runner.close()


@pytest.fixture
async def trial(abused_runner: EmbeddedRunner) -> Trial:
    """The runner shared by all cases; a new one if the last case broke it."""
    known = _trials.get(abused_runner)
    if known is None or known.socket_path != await abused_runner.ensure():
        known = _trials[abused_runner] = await new_trial(abused_runner)
    return known


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """`abuse: 122 of 124 cases tried; not tried: …`, if any case was."""
    stats = terminalreporter.stats
    tried = {
        name for kind in ("passed", "failed") for report in stats.get(kind, []) for name in _cases(report)
    }
    left_out = {(name, _reason(report)) for report in stats.get("skipped", []) for name in _cases(report)}
    if not tried and not left_out:
        return
    terminalreporter.section(f"abuse: {len(tried)} of {len(CASES)} cases tried")
    for name, reason in sorted(left_out, key=lambda each: list(CASES).index(each[0])):
        partly = "in part " if name in tried else ""
        terminalreporter.line(f"{partly}not tried: {name} {reason}")


def _cases(report: pytest.TestReport) -> list[str]:
    return [str(value) for name, value in getattr(report, "user_properties", []) if name == "case"]


def _reason(report: pytest.TestReport) -> str:
    text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return text.removeprefix("Skipped: ").partition(CANNOT)[2] or text
