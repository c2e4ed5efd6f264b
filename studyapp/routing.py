"""The websocket addresses."""

from channels.routing import URLRouter
from django.urls import URLPattern

websockets: list[URLPattern] = []
websocket_router = URLRouter(websockets)
