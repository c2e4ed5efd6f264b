from datetime import datetime
from pathlib import Path

import pytest

from studyapp.content.models import Deck
from studyapp.content.services import LoadSummary, load_document
from tests.content.loading import CUSTOMER_DOCUMENT, NOW, Load


@pytest.fixture
def load(db: None, tmp_path: Path) -> Load:
    def load_text(text: str, *, notes: str | None = None, now: datetime = NOW) -> LoadSummary:
        path = tmp_path / "deck.txt"
        path.write_text(text)
        (tmp_path / "deck.notes.toml").write_text(notes or "")
        return load_document(path=path, now=now)

    return load_text


@pytest.fixture
def concurrency(db: None) -> Deck:
    """The deck of the customer's document."""
    return load_document(path=CUSTOMER_DOCUMENT, now=NOW).deck
