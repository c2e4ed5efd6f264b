"""What every test may use: the standing people, and a database that threads can share."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client

from studyapp.accounts.models import User

pytest_plugins = ["tests.left_out", "tests.jails_only", "pytester"]


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
