"""Whether programs can run on this host, as tried for real, and remembered for a minute."""

from asgiref.sync import async_to_sync
from django.core.cache import cache

from studyapp.sandbox.checks import LayerCheck, check_layers

REMEMBERED_S = 60
_KEY = "sandbox-layers"


def try_layers() -> list[LayerCheck]:
    """Every layer of the sandbox. Takes about a second when they were not tried within the last minute."""
    layers = recall_layers()
    if layers is None:
        layers = async_to_sync(check_layers)()
        cache.set(_KEY, layers, REMEMBERED_S)
    return layers


def recall_layers() -> list[LayerCheck] | None:
    """The layers as last tried, None when that is too long ago."""
    layers: list[LayerCheck] | None = cache.get(_KEY)
    return layers


def is_safe(layers: list[LayerCheck]) -> bool:
    return bool(layers) and all(layer.ok for layer in layers)


def describe(layers: list[LayerCheck] | None) -> str:
    """One word for machines."""
    if layers is None:
        return "untried"
    return "safe" if is_safe(layers) else "unsafe"
