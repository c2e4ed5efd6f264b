"""Everything that writes decks and cards."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TypedDict

from django.db import transaction
from django.utils.text import slugify

from studyapp.content.documents import DocumentFile, read_document
from studyapp.content.format import Card as ReadCard
from studyapp.content.format import Note, normalise_question
from studyapp.content.matching import KnownCard, Matches, match_cards
from studyapp.content.models import Card, Deck

MAX_CARD_SLUG = 80


@dataclass(frozen=True, slots=True)
class LoadSummary:
    """How many cards a loading touched. A card that only moved counts as unchanged."""

    deck: Deck
    added: int
    updated: int
    unchanged: int
    retired: int


class CardValues(TypedDict):
    """What a document and its notes say of a card."""

    question: str
    answer: str
    explanation: str
    code: str
    note: str
    note_date: date | None
    retired_at: None


def load_document(*, path: Path, now: datetime) -> LoadSummary:
    """Stores the document at `path` and the notes beside it as a deck, all or nothing.

    Loading again updates and never duplicates. Cards whose question is gone are retired as of `now`,
    and come back with their question. Raises DocumentErrors when document or notes are refused.
    """
    return save_document(file=read_document(path), now=now)


@transaction.atomic
def save_document(*, file: DocumentFile, now: datetime) -> LoadSummary:
    """Stores a document that was already read, as load_document does."""
    document = file.document
    deck, _ = Deck.objects.update_or_create(
        slug=file.slug,
        defaults={
            "number": document.number,
            "title": document.title,
            "introduction": document.introduction,
        },
    )
    known = list(deck.all_cards.all())
    matches = match_cards([_as_known(card) for card in known], document.cards)
    values = [_card_values(card, file.notes_by_question) for card in document.cards]
    added = _add_cards(deck, known, values, matches)
    updated = _update_cards(known, values, matches)
    retired = _retire_cards(known, matches, now)
    return LoadSummary(deck, added, updated, len(matches) - updated, retired)


def _as_known(card: Card) -> KnownCard:
    return KnownCard(
        id=card.pk,
        question=card.question,
        answer=card.answer,
        explanation=card.explanation,
        code=card.code,
        retired=card.retired_at is not None,
    )


def _card_values(card: ReadCard, notes: dict[str, Note]) -> CardValues:
    note = notes.get(normalise_question(card.question))
    return CardValues(
        question=card.question,
        answer=card.answer,
        explanation=card.explanation,
        code=card.code,
        note=note.text if note else "",
        note_date=note.date if note else None,
        retired_at=None,
    )


def _add_cards(deck: Deck, known: Iterable[Card], values: Sequence[CardValues], matches: Matches) -> int:
    slugs = Slugs(card.slug for card in known)
    new = [
        Card(deck=deck, position=index + 1, slug=slugs.make(card["question"]), **card)
        for index, card in enumerate(values)
        if index not in matches
    ]
    return len(Card.objects.bulk_create(new))


def _update_cards(known: Iterable[Card], values: Sequence[CardValues], matches: Matches) -> int:
    """How many cards got other text, a note or their place in the deck back."""
    by_id = {card.pk: card for card in known}
    updated = 0
    for index, id_ in matches.items():
        card, position = by_id[id_], index + 1
        changed = {name: value for name, value in values[index].items() if getattr(card, name) != value}
        updated += bool(changed)
        if changed or card.position != position:
            card.position = position
            for name, value in changed.items():
                setattr(card, name, value)
            card.save()
    return updated


def _retire_cards(known: Iterable[Card], matches: Matches, now: datetime) -> int:
    kept = set(matches.values())
    gone = [card for card in known if card.pk not in kept and card.retired_at is None]
    for card in gone:
        card.retired_at = now
        card.save(update_fields=["retired_at"])
    return len(gone)


class Slugs:
    """Makes addresses for questions, each only once in a deck."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)
        self._tries: Counter[str] = Counter()

    def make(self, question: str) -> str:
        """The question's words, cut at a word, with a number when that is taken."""
        base = _cut_at_word(slugify(question)) or "card"
        slug = base
        while slug in self._taken:
            self._tries[base] += 1
            slug = f"{base}-{self._tries[base] + 1}"
        self._taken.add(slug)
        return slug


def _cut_at_word(slug: str) -> str:
    if len(slug) <= MAX_CARD_SLUG:
        return slug
    return slug[: MAX_CARD_SLUG + 1].rpartition("-")[0] or slug[:MAX_CARD_SLUG]
