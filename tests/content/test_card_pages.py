"""The dashboard, a deck and a card, as anyone may read them."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from studyapp.content.lessons.catalogue import get_lesson
from studyapp.content.models import Card, Deck
from tests.content.loading import Load

HEAD = "4. Letters\n\n"
A = "Question: What is a?\n\nAnswer: A letter.\n\n"
B = "Question: What is b?\n\nAnswer: Another.\n\nb = '<script>'\n\n"
C = "Question: What is c?\n\nAnswer: A third.\n\n"


@pytest.fixture
def letters(load: Load) -> Deck:
    """Cards a and c; b is retired."""
    load(HEAD + A + B + C)
    return load(HEAD + A + C).deck


def test_the_dashboard_lists_decks_with_their_active_cards(client: Client, letters: Deck) -> None:
    context = client.get("/").context
    assert [card.question for deck in context["decks"] for card in deck.cards] == ["What is a?", "What is c?"]
    assert context["first_card"].question == "What is a?"


def test_the_dashboard_lists_every_lesson(client: Client, concurrency: Deck) -> None:
    assert len(client.get("/").context["lessons"]) == 7


@pytest.mark.django_db
def test_the_dashboard_of_an_empty_site_is_a_page(client: Client) -> None:
    response = client.get("/")
    assert response.status_code == 200
    assert response.context["first_card"] is None


def test_a_deck_lists_its_active_cards(client: Client, letters: Deck) -> None:
    context = client.get("/decks/deck/").context
    assert context["deck"] == letters
    assert [card.question for card in context["cards"]] == ["What is a?", "What is c?"]


def test_a_card_stands_between_its_active_neighbours(client: Client, letters: Deck) -> None:
    context = client.get("/decks/deck/what-is-a/").context
    assert (context["previous"], context["next"].question) == (None, "What is c?")
    context = client.get("/decks/deck/what-is-c/").context
    assert (context["previous"].question, context["next"]) == ("What is a?", None)


def test_a_retired_card_stays_reachable_but_stands_in_no_row(client: Client, letters: Deck) -> None:
    response = client.get("/decks/deck/what-is-b/")
    assert response.status_code == 200
    assert response.context["retired"] is True
    assert (response.context["previous"], response.context["next"]) == (None, None)


def test_question_answer_explanation_and_code_are_on_the_page_without_script(
    client: Client, concurrency: Deck
) -> None:
    card = concurrency.cards[5]
    page = client.get(card.get_absolute_url()).content.decode()
    for text in (card.question, "Offload to threads/processes", "Blocking the loop stalls", "cpu_heavy_fn"):
        assert text in page


def test_a_card_of_the_customers_document_leads_to_its_lesson(client: Client, concurrency: Deck) -> None:
    context = client.get(concurrency.cards[1].get_absolute_url()).context
    assert context["lesson"] == get_lesson("fetch-fan-out")


def test_a_card_without_a_program_has_no_lesson(client: Client, letters: Deck) -> None:
    assert client.get("/decks/deck/what-is-a/").context["lesson"] is None


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/decks/none/", "/decks/none/what-is-a/"])
def test_an_unknown_deck_is_not_found(client: Client, address: str) -> None:
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("address", ["/decks/deck/none/", "/decks/deck/What%20is/"])
def test_an_unknown_card_is_not_found(client: Client, letters: Deck, address: str) -> None:
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("address", ["/", "/decks/deck/", "/decks/deck/what-is-a/"])
def test_pages_are_only_read(client: Client, letters: Deck, address: str) -> None:
    assert client.post(address).status_code == 405


def test_code_is_coloured_by_classes_and_escaped(letters: Deck) -> None:
    html = Card.objects.get(question="What is b?").code_html
    assert "class=\"s1\">'&lt;script&gt;'</span>" in html
    assert "style=" not in html


@pytest.mark.parametrize(
    ("address", "queries"), [("/", 2), ("/decks/concurrency/", 2), ("/decks/concurrency/{card}/", 3)]
)
def test_the_number_of_queries_is_small_and_fixed(
    client: Client,
    concurrency: Deck,
    address: str,
    queries: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    full_address = address.format(card=concurrency.cards[3].slug)
    with django_assert_num_queries(queries):
        client.get(full_address)
