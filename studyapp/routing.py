"""The websocket addresses."""

from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import URLRouter
from django.urls import re_path

from studyapp.runs.consumers import RunConsumer


class NoSuchSocket(AsyncWebsocketConsumer):
    """Refuses the handshake at any other address, which the router by itself would log as a fault of ours."""

    async def connect(self) -> None:
        await self.close()


def _route(address: str, consumer: type[AsyncWebsocketConsumer]) -> Any:
    return re_path(address, consumer.as_asgi())  # type: ignore[arg-type]  # Django's stubs know HTTP views only


websocket_router = URLRouter([_route("^ws/runs/$", RunConsumer), _route("", NoSuchSocket)])
