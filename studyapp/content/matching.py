"""Decides which stored card a card of a newly read document is. Pure: data in, data out.

A card is the same when its question is, whatever else changed. Of the left-over cards a reworded one is
recognised only where nothing else can be meant: it alone has the same answer and code, or it alone stands
between the same two neighbours and its answer, explanation or code is unchanged.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from studyapp.content.format import Card, normalise_question


@dataclass(frozen=True, slots=True)
class KnownCard:
    """A stored card; `id` is its primary key."""

    id: int
    question: str
    answer: str
    explanation: str
    code: str
    retired: bool


Matches = dict[int, int]
Old = TypeVar("Old")
New = TypeVar("New")


def match_cards(known: Sequence[KnownCard], read: Sequence[Card]) -> Matches:
    """From the index in `read` of each recognised card to the id of the stored one, no id twice.

    Both sequences stand in the order of the deck.
    """
    ids = {normalise_question(card.question): card.id for card in known}
    keys = (normalise_question(card.question) for card in read)
    matches = {index: ids[key] for index, key in enumerate(keys) if key in ids}
    active = [card for card in known if not card.retired]
    _match_same_answer(active, read, matches)
    _match_same_place(active, read, matches)
    return matches


def _match_same_answer(known: Sequence[KnownCard], read: Sequence[Card], matches: Matches) -> None:
    taken = set(matches.values())
    old = [((card.answer, card.code), card.id) for card in known if card.id not in taken]
    new = [((card.answer, card.code), index) for index, card in enumerate(read) if index not in matches]
    matches.update((index, id_) for id_, index in _only_pairs(old, new))


def _match_same_place(known: Sequence[KnownCard], read: Sequence[Card], matches: Matches) -> None:
    taken = set(matches.values())
    old_places = _neighbours([card.id if card.id in taken else None for card in known])
    new_places = _neighbours([matches.get(index) for index in range(len(read))])
    old = [(place, card) for place, card in zip(old_places, known, strict=True) if card.id not in taken]
    new = [(place, index) for index, place in enumerate(new_places) if index not in matches]
    for card, index in _only_pairs(old, new):
        if _shares_text(card, read[index]):
            matches[index] = card.id


def _shares_text(known: KnownCard, read: Card) -> bool:
    pairs = ((known.answer, read.answer), (known.explanation, read.explanation), (known.code, read.code))
    return any(old and old == new for old, new in pairs)


def _neighbours(ids: Sequence[int | None]) -> list[tuple[int | None, int | None]]:
    """For each place the nearest id before it and the nearest after it."""
    before = _last_seen(ids)
    after = _last_seen(ids[::-1])[::-1]
    return list(zip(before, after, strict=True))


def _last_seen(ids: Iterable[int | None]) -> list[int | None]:
    seen: list[int | None] = []
    last: int | None = None
    for id_ in ids:
        seen.append(last)
        last = last if id_ is None else id_
    return seen


def _only_pairs(
    old: Iterable[tuple[Hashable, Old]], new: Iterable[tuple[Hashable, New]]
) -> Iterator[tuple[Old, New]]:
    """The two items of each key that stands exactly once on either side."""
    olds: defaultdict[Hashable, list[Old]] = defaultdict(list)
    news: defaultdict[Hashable, list[New]] = defaultdict(list)
    for key, known in old:
        olds[key].append(known)
    for key, read in new:
        news[key].append(read)
    for key in olds.keys() & news.keys():
        if len(olds[key]) == len(news[key]) == 1:
            yield olds[key][0], news[key][0]
