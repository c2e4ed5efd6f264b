"""Each test that asks for `run` runs its program on every Python found."""

import functools
from collections.abc import Callable

import pytest

from studyapp.sandbox.interpreters import Interpreter
from tests.tracer.guest import Guest, find_pythons, run_guest

PYTHONS = find_pythons()


@pytest.fixture(params=list(PYTHONS), ids=lambda version: f"python{version}")
def python(request: pytest.FixtureRequest) -> Interpreter:
    return PYTHONS[request.param]


@pytest.fixture
def run(python: Interpreter) -> Callable[..., Guest]:
    return functools.partial(run_guest, python)
