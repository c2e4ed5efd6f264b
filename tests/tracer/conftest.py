"""Each test that asks for `run` runs its program on every Python found."""

import functools
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tracer.guest import Guest, find_pythons, run_guest

PYTHONS = find_pythons()


@pytest.fixture(params=list(PYTHONS), ids=lambda version: f"python{version}")
def python(request: pytest.FixtureRequest) -> Path:
    return PYTHONS[request.param]


@pytest.fixture
def run(python: Path) -> Callable[..., Guest]:
    return functools.partial(run_guest, python)
