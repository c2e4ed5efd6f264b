import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "studyapp.settings")
http_application = get_asgi_application()

# The routes import models, which need the application registry that the line above fills.
from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402

from studyapp.routing import websocket_router  # noqa: E402
from studyapp.runs.draining import Draining  # noqa: E402
from studyapp.runs.flow import BoundedFlow  # noqa: E402

application = Draining(
    ProtocolTypeRouter(
        {
            "http": http_application,
            "websocket": BoundedFlow(AllowedHostsOriginValidator(AuthMiddlewareStack(websocket_router))),
        }
    )
)
