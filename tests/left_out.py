"""Counts what a machine could not run.

A test that needs a system package which is not there skips with "needs the package NAME". Such
tests are counted and named at the end; with --nothing-left-out they fail the run.
"""

import shutil

import pytest

NEEDS_PACKAGE = "needs the package"


def find_command(command: str, *, package: str) -> str:
    """The path of a command. Whoever asks is left out where its package is not installed."""
    return shutil.which(command) or pytest.skip(f"{NEEDS_PACKAGE} {package}")


@pytest.fixture(scope="session")
def bubblewrap() -> str:
    """For tests that run programs in jails."""
    return find_command("bwrap", package="bubblewrap")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--nothing-left-out",
        action="store_true",
        help="fail when a test was left out because a system package is missing",
    )


def left_out(reporter: pytest.TerminalReporter) -> list[str]:
    """The tests that were skipped for want of a system package, with the reason."""
    return [
        f"{report.nodeid}: {report.longrepr[2]}"
        for report in reporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple) and NEEDS_PACKAGE in report.longrepr[2]
    ]


def terminal_reporter(config: pytest.Config) -> pytest.TerminalReporter:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    assert isinstance(reporter, pytest.TerminalReporter)
    return reporter


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workerinput"):  # one of several processes: the first one has all reports
        return
    if session.config.getoption("--nothing-left-out") and left_out(terminal_reporter(session.config)):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    names = left_out(terminalreporter)
    if names:
        terminalreporter.section(f"left out for want of a system package: {len(names)}")
        for name in names:
            terminalreporter.line(name)
