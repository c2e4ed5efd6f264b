"""Whether programs can run on this host, as tried for real, and remembered for a while."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock

from asgiref.sync import async_to_sync
from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from studyapp.runs.registry import find_runner
from studyapp.sandbox.checks import check_layers
from studyapp.sandbox.client import RunnerClient
from studyapp.sandbox.description import Description
from studyapp.sandbox.errors import RunnerUnavailable
from studyapp.sandbox.layers.layer import LayerCheck

REMEMBERED_S = 60
REMEMBERED_WHEN_UNSAFE_S = 10
_KEY = "sandbox-layers"
_trying = Lock()


@dataclass(frozen=True, slots=True)
class Trial:
    """Every layer of the sandbox, as it was found when tried."""

    at: datetime
    layers: list[LayerCheck]

    @property
    def is_safe(self) -> bool:
        return bool(self.layers) and all(layer.ok for layer in self.layers)


def try_layers() -> Trial:
    """The last trial, or a new one where that is too long ago: a few seconds, once for all who ask then.

    Layers are tried at the runner that the settings name; without one at a runner of their own, so that they
    neither wait for programs nor keep these waiting.
    """
    with _trying:
        trial = recall_trial()
        if trial is None:
            client = RunnerClient(Path(settings.RUNNER_SOCKET)) if settings.RUNNER_SOCKET else None
            trial = Trial(timezone.now(), async_to_sync(check_layers)(client))
            cache.set(_KEY, trial, REMEMBERED_S if trial.is_safe else REMEMBERED_WHEN_UNSAFE_S)
    return trial


def recall_trial() -> Trial | None:
    """The last trial, None when that is too long ago."""
    trial: Trial | None = cache.get(_KEY)
    return trial


async def describe_runner() -> Description | None:
    """What the runner of this site says of itself, None where there is none."""
    try:
        return await RunnerClient(await find_runner()).describe()
    except RunnerUnavailable:
        return None


def describe(trial: Trial | None) -> str:
    """One word for machines."""
    if trial is None:
        return "untried"
    return "safe" if trial.is_safe else "unsafe"
