"""Decks of flashcards, as loaded from documents."""

from functools import cached_property
from typing import Self

from django.db import models
from django.db.models import Prefetch, Q
from django.urls import reverse
from django.utils.safestring import SafeString

from studyapp.content.highlighting import highlight_python
from studyapp.content.lessons.catalogue import Lesson, lesson_for_question


class DeckQuerySet(models.QuerySet["Deck"]):
    def with_cards(self) -> Self:
        """Fetches the active cards of all decks in one further query."""
        return self.prefetch_related(Prefetch("all_cards", queryset=Card.objects.active(), to_attr="cards"))


class Deck(models.Model):
    """One document. `slug` is the stem of its file name."""

    slug = models.SlugField(max_length=100, unique=True)
    number = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=200)
    introduction = models.TextField(blank=True)

    objects = DeckQuerySet.as_manager()

    class Meta:
        ordering = ["number", "slug"]

    def __str__(self) -> str:
        return f"{self.number}. {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("deck", args=[self.slug])

    @cached_property
    def cards(self) -> "list[Card]":
        """The active cards in their order."""
        return list(self.all_cards.active())


class CardQuerySet(models.QuerySet["Card"]):
    def active(self) -> Self:
        """The cards that the deck's document still has."""
        return self.filter(retired_at=None)


class Card(models.Model):
    """A question with its answer. It is never deleted: what people learnt hangs on it.

    `slug` is given once and stays, also when the question is reworded. `retired_at` is when a loading
    found the card gone from the document. `note` says what has changed since the text was written.
    """

    deck = models.ForeignKey(Deck, on_delete=models.CASCADE, related_name="all_cards")
    slug = models.SlugField(max_length=100)
    position = models.PositiveIntegerField()
    question = models.TextField()
    answer = models.TextField()
    explanation = models.TextField(blank=True)
    code = models.TextField(blank=True)
    note = models.TextField(blank=True)
    note_date = models.DateField(null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = CardQuerySet.as_manager()

    class Meta:
        ordering = ["deck_id", "position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["deck", "slug"], name="card_slug_is_unique_in_its_deck"),
            models.UniqueConstraint(fields=["deck", "question"], name="card_question_is_asked_once"),
            models.CheckConstraint(condition=~Q(question="") & ~Q(answer=""), name="card_has_both_sides"),
            models.CheckConstraint(condition=Q(position__gte=1), name="card_position_counts_from_one"),
            models.CheckConstraint(
                condition=Q(note="", note_date=None) | (~Q(note="") & Q(note_date__isnull=False)),
                name="card_note_is_dated",
            ),
        ]

    def __str__(self) -> str:
        return self.question

    def get_absolute_url(self) -> str:
        return reverse("card", args=[self.deck.slug, self.slug])

    def previous_active(self) -> "Card | None":
        """The active card before this one, if this one is active itself."""
        return self._active_neighbours().filter(position__lt=self.position).last()

    def next_active(self) -> "Card | None":
        """The active card after this one, if this one is active itself."""
        return self._active_neighbours().filter(position__gt=self.position).first()

    def _active_neighbours(self) -> CardQuerySet:
        cards = self.deck.all_cards.active()
        return cards if self.retired_at is None else cards.none()

    @cached_property
    def code_html(self) -> SafeString:
        return highlight_python(self.code)

    @cached_property
    def lesson(self) -> Lesson | None:
        """The program that shows what the card says, if there is one."""
        return lesson_for_question(self.question)
