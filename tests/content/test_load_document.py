"""What loading a document does to its deck."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError
from pytest_django import DjangoAssertNumQueries

from studyapp.content.format import DocumentErrors
from studyapp.content.models import Card, Deck
from studyapp.content.services import LoadSummary, load_document
from tests.content.loading import CUSTOMER_DOCUMENT, NOW, Load

A = "Question: What is a?\n\nAnswer: A letter.\n\nExplanation: The first one.\n\n"
B = "Question: What is b?\n\nAnswer: The next letter.\n\nb = 1\n\n"
C = "Question: What is c?\n\nAnswer: The third letter.\n\n"
HEAD = "4. Letters\n\nShort.\n\n"
NOTE = '[[note]]\nquestion = "What is a?"\ndate = 2026-11-22\ntext = "Still so."\n'


def counts(summary: LoadSummary) -> tuple[int, int, int, int]:
    return summary.added, summary.updated, summary.unchanged, summary.retired


def ids() -> dict[str, int]:
    """Of the active cards, by the letter they ask for."""
    return {card.question[-2]: card.pk for card in Card.objects.active()}


def test_the_customers_document_becomes_a_deck_of_seven_cards(concurrency: Deck) -> None:
    assert (concurrency.slug, concurrency.number, concurrency.title) == (
        "concurrency",
        4,
        "Concurrency & Parallelism",
    )
    assert [card.position for card in concurrency.cards] == [1, 2, 3, 4, 5, 6, 7]


def test_the_customers_document_loaded_again_changes_nothing(concurrency: Deck) -> None:
    before = list(Card.objects.values())
    assert counts(load_document(path=CUSTOMER_DOCUMENT, now=NOW)) == (0, 0, 7, 0)
    assert list(Card.objects.values()) == before


def test_only_the_card_on_free_threading_carries_a_note(concurrency: Deck) -> None:
    assert [bool(card.note) for card in concurrency.cards] == [False] * 6 + [True]


def test_the_first_loading_adds_every_card(load: Load) -> None:
    assert counts(load(HEAD + A + B)) == (2, 0, 0, 0)


def test_an_edited_answer_keeps_the_card_and_its_address(load: Load) -> None:
    load(HEAD + A + B)
    before = Card.objects.get(question="What is a?")
    assert counts(load(HEAD + A.replace("A letter.", "A vowel.") + B)) == (0, 1, 1, 0)
    after = Card.objects.get(pk=before.pk)
    assert (after.answer, after.slug) == ("A vowel.", before.slug)


def test_a_reworded_question_keeps_the_card_and_its_address(load: Load) -> None:
    load(HEAD + A + B)
    load(HEAD + A.replace("What is a?", "And what is a?") + B)
    assert Card.objects.get(question="And what is a?").slug == "what-is-a"


def test_moved_cards_stay_themselves_and_take_their_new_place(load: Load) -> None:
    load(HEAD + A + B + C)
    before = ids()
    summary = load(HEAD + C + A + B)
    assert counts(summary) == (0, 0, 3, 0)
    assert ids() == before
    assert [card.question for card in summary.deck.cards] == ["What is c?", "What is a?", "What is b?"]


def test_a_removed_card_is_retired_and_not_deleted(load: Load) -> None:
    load(HEAD + A + B)
    assert counts(load(HEAD + A)) == (0, 0, 1, 1)
    assert Card.objects.get(question="What is b?").retired_at == NOW
    assert set(ids()) == {"a"}


def test_a_retired_card_keeps_the_day_on_which_it_was_retired(load: Load) -> None:
    load(HEAD + A + B)
    load(HEAD + A)
    load(HEAD + A, now=NOW + timedelta(days=1))
    assert Card.objects.get(question="What is b?").retired_at == NOW


def test_a_retired_card_comes_back_with_its_question(load: Load) -> None:
    load(HEAD + A + B)
    before = ids()
    load(HEAD + A)
    assert counts(load(HEAD + A + B)) == (0, 1, 1, 0)
    assert ids() == before


def test_title_and_introduction_follow_the_document(load: Load) -> None:
    load(HEAD + A)
    load("5. Signs\n\nLonger.\n\n" + A)
    deck = Deck.objects.get()
    assert (deck.number, deck.title, deck.introduction) == (5, "Signs", "Longer.")


def test_a_note_comes_and_goes_with_the_notes_file(load: Load) -> None:
    load(HEAD + A, notes=NOTE)
    assert Card.objects.get().note == "Still so."
    assert counts(load(HEAD + A, notes="")) == (0, 1, 0, 0)
    assert Card.objects.get().note_date is None


def test_a_refused_document_leaves_the_deck_as_it_was(load: Load) -> None:
    load(HEAD + A)
    with pytest.raises(DocumentErrors):
        load(HEAD + A.replace("letter", "vowel") + "Question: What is b?\n\n")
    assert Card.objects.get().answer == "A letter."


def test_refused_notes_leave_the_deck_as_it_was(load: Load) -> None:
    load(HEAD + A)
    with pytest.raises(DocumentErrors):
        load(HEAD + A.replace("letter", "vowel"), notes=NOTE.replace("What", "Where"))
    assert Card.objects.get().answer == "A letter."


def test_questions_that_look_alike_in_an_address_get_numbers(load: Load) -> None:
    summary = load(
        HEAD + "".join(f"Question: What is {sign}?\n\nAnswer: {sign}\n\n" for sign in ("a+", "a-", "a"))
    )
    assert [card.slug for card in summary.deck.cards] == ["what-is-a", "what-is-a-2", "what-is-a-3"]


def test_a_question_without_latin_letters_gets_an_address(load: Load) -> None:
    assert load(f"{HEAD}Question: 为什么?\n\nAnswer: 因为。").deck.cards[0].slug == "card"


def test_a_long_question_gets_an_address_that_ends_with_a_word(load: Load) -> None:
    slug = load(f"{HEAD}Question: {'word ' * 40}?\n\nAnswer: A.").deck.cards[0].slug
    assert slug == "-".join(["word"] * 16)


def test_two_decks_may_ask_the_same(load: Load, tmp_path: Path) -> None:
    load(HEAD + A)
    other = tmp_path / "other.txt"
    other.write_text(HEAD + A)
    assert counts(load_document(path=other, now=NOW)) == (1, 0, 0, 0)


def test_the_number_of_queries_does_not_grow_with_unchanged_cards(
    load: Load, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    text = HEAD + "".join(f"Question: What is {n}?\n\nAnswer: A number, {n}.\n\n" for n in range(300))
    load(text)
    with django_assert_max_num_queries(10):
        load(text)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong",
    [{"question": ""}, {"answer": ""}, {"position": 0}, {"note": "Undated."}, {"note_date": NOW.date()}],
)
def test_the_database_refuses_a_card_that_breaks_the_rules(wrong: dict[str, object]) -> None:
    deck = Deck.objects.create(slug="deck", number=1, title="T")
    with pytest.raises(IntegrityError):
        Card.objects.create(
            **{"deck": deck, "slug": "q", "position": 1, "question": "Q", "answer": "A", **wrong}
        )
