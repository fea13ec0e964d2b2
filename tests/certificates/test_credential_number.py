import math
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from certificates.numbers import ALPHABET, is_well_formed, new_number, normalise


@st.composite
def numbers_of_any_year(draw):
    """Numbers as `new_number` makes them, drawn by hypothesis so that a failure can be repeated."""
    symbols = draw(st.text(ALPHABET, min_size=12, max_size=12))
    with patch("certificates.numbers.secrets.choice", side_effect=symbols):
        return new_number(draw(st.integers(1000, 9999)))


numbers = numbers_of_any_year()
DRAWN = [i for i, part in enumerate("KAL-2026-7F3K-9Q2M-XT41-9C") if part != "-" and i > 3]


def test_a_number_looks_as_printed():
    number = new_number(2026)
    assert number.startswith("KAL-2026-")
    assert [len(part) for part in number.split("-")] == [3, 4, 4, 4, 4, 2]


def test_a_number_cannot_be_guessed():
    assert math.log2(len(ALPHABET) ** 12) >= 50
    drawn = [new_number(2026)[9:-3] for _ in range(2000)]
    assert len(set(drawn)) == 2000
    assert set("".join(drawn).replace("-", "")) == set(ALPHABET)


def test_no_symbol_can_be_taken_for_another_or_form_a_word():
    assert not set("AEIOULSZB") & set(ALPHABET)
    assert len(set(ALPHABET)) == len(ALPHABET) == 27


@given(numbers)
def test_a_number_is_well_formed_and_its_own_canonical_form(number):
    assert is_well_formed(number)
    assert normalise(number) == number
    assert len(number) <= 32


@given(numbers, st.randoms(), st.sampled_from(["", " ", "-", "–", " - ", "\u00a0", "."]))
def test_what_a_reader_types_is_put_right(number, random, joint):
    mixed = {"0": "0Oo", "1": "1IiLl", "5": "5Ss", "2": "2Zz", "8": "8Bb", "V": "VvUu"}
    typed = "".join(random.choice(mixed.get(c, c + c.lower())) for c in number[4:] if c != "-")
    for prefix in ("", "kal", "KAI", "ka1", "Kal-"):
        text = f"  {prefix}{joint}{joint.join(typed[i : i + 4] for i in range(0, len(typed), 4))}\n"
        assert normalise(text) == number
        assert is_well_formed(text)


@given(numbers, st.sampled_from(DRAWN), st.sampled_from(ALPHABET))
def test_one_wrong_symbol_is_noticed(number, place, symbol):
    wrong = number[:place] + symbol + number[place + 1 :]
    assert is_well_formed(wrong) == (wrong == number)


@given(numbers, st.sampled_from(DRAWN), st.sampled_from(DRAWN))
def test_two_exchanged_symbols_are_noticed(number, first, second):
    symbols = list(number)
    symbols[first], symbols[second] = symbols[second], symbols[first]
    wrong = "".join(symbols)
    assert is_well_formed(wrong) == (wrong == number)


@given(st.text(max_size=120))
def test_any_text_is_answered(text):
    canonical = normalise(text)
    assert canonical is None or normalise(canonical) == canonical
    assert is_well_formed(text) in (True, False)


def test_what_is_no_number_has_no_canonical_form():
    for text in (
        "",
        "KAL",
        "KAL-2026-7F3K",
        "x" * 10_000,
        "KAL-2026-7F3K-9Q2M-XT41-9C-9",
        "KAL-20X6-7F3K-9Q2M-XT41-9C",
    ):
        assert normalise(text) is None
        assert not is_well_formed(text)
