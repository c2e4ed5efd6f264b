"""Selects the tests whose outcome may depend on the user who runs them: those that need real jails."""

import pytest

FOLDER = "tests/sandbox/"
OWN_RIGHTS = ("test_cgroup_", "test_seccomp.py", "test_seccomp_kernel.py", "test_seccomp_ordinary.py")
"""Tests that need no jail but ask the kernel for what it may grant to one user and not to another."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--jails-only", action="store_true", help="select the tests that depend on the user")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--jails-only"):
        config.hook.pytest_deselected(items=[item for item in items if not depends_on_user(item)])
        items[:] = [item for item in items if depends_on_user(item)]


def depends_on_user(item: pytest.Item) -> bool:
    """A test with a jail names the fixture `bubblewrap`, if only through another one."""
    if not item.nodeid.startswith(FOLDER):
        return False
    return "bubblewrap" in getattr(item, "fixturenames", ()) or item.path.name.startswith(OWN_RIGHTS)
