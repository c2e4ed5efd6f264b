"""Which stored card a card of a new document is."""

from dataclasses import replace

from studyapp.content.format import Card
from studyapp.content.matching import KnownCard, match_cards


def read(question: str, answer: str = "", explanation: str = "", code: str = "") -> Card:
    return Card(question, answer or f"Answer to {question}", explanation, code, line=1, code_line=0)


def known(id_: int, card: Card, *, retired: bool = False) -> KnownCard:
    return KnownCard(id_, card.question, card.answer, card.explanation, card.code, retired)


A, B, C = read("A?", explanation="Because a."), read("B?", code="b = 1"), read("C?")
KNOWN = [known(1, A), known(2, B), known(3, C)]


def test_the_same_question_is_the_same_card_wherever_it_stands() -> None:
    assert match_cards(KNOWN, [C, A, B]) == {0: 3, 1: 1, 2: 2}


def test_spacing_and_case_of_a_question_do_not_count() -> None:
    assert match_cards(KNOWN, [replace(A, question=" a? ")]) == {0: 1}


def test_a_retired_card_is_recognised_by_its_question() -> None:
    assert match_cards([known(1, A, retired=True)], [replace(A, answer="Other.")]) == {0: 1}


def test_a_reworded_question_with_the_same_answer_and_code_is_the_same_card() -> None:
    assert match_cards(KNOWN, [C, replace(B, question="What of B?")]) == {0: 3, 1: 2}


def test_two_left_over_cards_with_the_same_answer_are_not_told_apart() -> None:
    twins = [known(1, read("A?", "Yes.")), known(2, read("B?", "Yes."))]
    assert match_cards(twins, [read("What of A?", "Yes."), read("What of B?", "Yes.")]) == {}


def test_a_reworded_card_between_the_same_neighbours_is_known_by_its_code() -> None:
    reworded = replace(B, question="What of B?", answer="Edited.")
    assert match_cards(KNOWN, [A, reworded, C]) == {0: 1, 1: 2, 2: 3}


def test_a_reworded_card_at_the_start_is_known_by_its_explanation() -> None:
    reworded = replace(A, question="What of A?", answer="Edited.")
    assert match_cards(KNOWN, [reworded, B, C]) == {0: 1, 1: 2, 2: 3}


def test_a_wholly_different_card_in_the_same_place_is_a_new_card() -> None:
    assert match_cards(KNOWN, [A, read("D?"), C]) == {0: 1, 2: 3}


def test_a_place_with_two_new_cards_is_not_decided() -> None:
    reworded = replace(B, question="What of B?", answer="Edited.")
    assert match_cards(KNOWN, [A, reworded, read("D?"), C]) == {0: 1, 3: 3}


def test_a_reworded_question_does_not_bring_a_retired_card_back() -> None:
    assert match_cards([known(1, A, retired=True)], [replace(A, question="What of A?")]) == {}
