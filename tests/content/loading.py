"""What the tests of content share."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from django.conf import settings

from studyapp.content.services import LoadSummary

CUSTOMER_DOCUMENT = Path(settings.BASE_DIR) / "studyapp/content/lessons/concurrency/concurrency.txt"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Load(Protocol):
    """Loads a text, and notes if given, as the document of the deck "deck"."""

    def __call__(self, text: str, *, notes: str | None = None, now: datetime = NOW) -> LoadSummary: ...
