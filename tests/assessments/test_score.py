"""Adding up grades, the pass decision, and what is shown of it."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.scoring import result, rounded_down, shown_score

SCORES = st.builds(Fraction, st.integers(0, 6), st.just(6))


@pytest.mark.parametrize(("right", "passed", "shown"), [(11, False, 68), (12, True, 75)])
def test_seventy_percent_of_sixteen_questions_takes_twelve(right: int, passed: bool, shown: int) -> None:
    outcome = result([(n % 8, Fraction(n < right)) for n in range(16)], 70)
    assert (outcome.passed, outcome.total.shown_percent) == (passed, shown)


def test_a_third_more_or_less_decides_exactly() -> None:
    just = [(0, Fraction(1, 3))] * 3 + [(0, Fraction(1))] * 6 + [(1, Fraction(0))]
    assert result(just, 70).passed
    short = [*just[:-1], (1, Fraction(0)), (1, Fraction(0))]
    assert not result(short, 70).passed


def test_a_score_just_under_the_mark_is_never_shown_as_the_mark() -> None:
    outcome = result([(0, Fraction(1))] * 69 + [(0, Fraction(999, 1000))] + [(0, Fraction(0))] * 30, 70)
    assert not outcome.passed
    assert outcome.total.shown_percent == 69
    assert outcome.total.shown_points == Decimal("69.9")


@given(st.lists(st.tuples(st.integers(0, 4), SCORES), max_size=30), st.integers(0, 100))
def test_parts_add_up_and_what_is_shown_agrees_with_the_decision(scores, pass_mark) -> None:
    outcome = result(scores, pass_mark)
    assert outcome.total.points == sum((score for _, score in scores), Fraction(0))
    assert outcome.total.count == len(scores) == sum(one.count for one in outcome.objectives)
    assert 0 <= outcome.total.shown_percent <= 100
    if scores:
        assert outcome.passed == (outcome.total.shown_percent >= pass_mark)
        for one in outcome.objectives:
            assert one.reached == (one.shown_percent >= pass_mark)
            assert (one.objective in outcome.to_review) != one.reached
    else:
        assert not outcome.passed


def test_nothing_asked_is_nothing_passed() -> None:
    assert not result([], 0).passed


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_rounding_down_never_exceeds_the_value(numerator: int, denominator: int) -> None:
    value = Fraction(numerator, denominator)
    assert 0 <= value - Fraction(rounded_down(value, 2)) < Fraction(1, 100)


@given(st.integers(0, 500), st.integers(1, 500))
def test_only_a_full_score_looks_full_and_only_none_looks_like_none(a: int, b: int) -> None:
    score = Fraction(min(a, b), b)
    assert (shown_score(score) == 1) == (score == 1)
    assert (shown_score(score) == 0) == (score == 0)


def test_two_thirds_is_shown_as_the_pages_do() -> None:
    assert str(shown_score(Fraction(2, 3))) == "0.67"
    assert [str(shown_score(Fraction(n))) for n in (0, 1)] == ["0", "1"]
    assert str(rounded_down(Fraction(16, 3), 1)) == "5.3"
    assert str(rounded_down(Fraction(10), 1)) == "10"
