from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from studyapp.content.lessons.catalogue import all_lessons
from studyapp.content.models import Card, Deck


@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    decks = list(Deck.objects.with_cards())
    first_card = next((card for deck in decks for card in deck.cards), None)
    context = {"decks": decks, "first_card": first_card, "lessons": all_lessons()}
    return render(request, "content/dashboard.html", context)


@require_safe
def deck(request: HttpRequest, deck_slug: str) -> HttpResponse:
    found = get_object_or_404(Deck.objects.with_cards(), slug=deck_slug)
    return render(request, "content/deck.html", {"deck": found, "cards": found.cards})


@require_safe
def card(request: HttpRequest, deck_slug: str, card_slug: str) -> HttpResponse:
    """A card by itself. A retired one stays reachable by its link but stands in no list."""
    cards = Card.objects.select_related("deck")
    found = get_object_or_404(cards, deck__slug=deck_slug, slug=card_slug)
    context = {
        "card": found,
        "deck": found.deck,
        "lesson": found.lesson,
        "previous": found.previous_active(),
        "next": found.next_active(),
        "retired": found.retired_at is not None,
    }
    return render(request, "content/card.html", context)
