"""What every test may use: the standing people, and the count of what a machine could not run.

A test that needs a system package which is not there skips with "needs the package NAME". Such
tests are counted and named at the end; with --nothing-left-out they fail the run.
"""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client

from studyapp.accounts.models import User

NEEDS_PACKAGE = "needs the package"


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A database file for this run of the suite: threads and sockets do not share one in memory."""
    connection.settings_dict["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")


@pytest.fixture
def owner(db: None) -> User:
    return User.objects.create_user("owner")


@pytest.fixture
def other_learner(db: None) -> User:
    return User.objects.create_user("other-learner")


@pytest.fixture
def client_of() -> Callable[[User], Client]:
    """A browser signed in as the given person."""

    def sign_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return sign_in


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
    if session.config.getoption("--nothing-left-out") and left_out(terminal_reporter(session.config)):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    names = left_out(terminalreporter)
    if names:
        terminalreporter.section(f"left out for want of a system package: {len(names)}")
        for name in names:
            terminalreporter.line(name)
