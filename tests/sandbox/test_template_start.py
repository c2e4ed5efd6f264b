"""A template that does not get ready is told as such, and nothing of it stays."""

import gc
import os
import warnings
from pathlib import Path

import pytest

from studyapp.sandbox import template
from studyapp.sandbox.errors import RunnerUnavailable
from studyapp.sandbox.interpreters import own_interpreter
from studyapp.sandbox.layout import Layout
from studyapp.sandbox.means import Means
from studyapp.sandbox.outside_ids import OutsideIds
from studyapp.sandbox.template import Template
from tests.sandbox.processes import children, until_dead


def layout_with(bwrap: Path, folder: Path, script: str) -> Layout:
    bwrap.write_text(f"#!/bin/sh\n{script}\n")
    bwrap.chmod(0o755)
    for name in ("authority.pem", "identity.pem"):
        (folder / name).touch()
    return Layout(bwrap, folder, folder, folder / "authority.pem", folder / "identity.pem", folder)


async def start_badly(folder: Path, script: str) -> str:
    """What is told then; waits in vain for a process that was not ended.

    It is reaped as the runner does, and not as `subprocess` wants it.
    """
    layout = layout_with(folder / "bwrap", folder, script)
    before = children(os.getpid())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        message = await refusal_of(layout)
        gc.collect()
    left = set(children(os.getpid())).difference(before)
    await until_dead([*left])
    reap(left)
    return message


def reap(zombies: set[int]) -> None:
    for pid in zombies:
        os.waitpid(pid, 0)


async def refusal_of(layout: Layout) -> str:
    try:
        await Template.start(layout, own_interpreter(), Means(OutsideIds(0)))
    except RunnerUnavailable as refusal:
        return refusal.message
    raise AssertionError("the template is ready")


async def test_one_that_takes_too_long_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(template, "READY_WITHIN_S", 0.5)

    told = await start_badly(tmp_path, "echo still mounting >&2; exec sleep 600")

    assert told.endswith("did not get ready in 0.5 s. still mounting")


async def test_one_that_ends_leaves_its_last_words(tmp_path: Path) -> None:
    told = await start_badly(tmp_path, "echo this is no kernel for it >&2; exit 1")

    assert "this is no kernel for it" in told
