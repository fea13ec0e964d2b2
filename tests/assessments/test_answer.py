"""Answering and grading: the eight kinds, on real questions and on hostile posts."""

import json
from fractions import Fraction

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from assessments import kinds
from assessments.kinds.written import read_number
from tests.assessments.bank import QUESTIONS, one_of, post, right_post, wrong_post


def graded(question: dict, data) -> Fraction:
    answer = kinds.parse(question["type"], question, data, question["id"])
    stored = json.loads(json.dumps(answer))
    return kinds.grade(question["type"], question, stored).score


def test_every_question_of_the_curriculum_gives_full_marks_to_the_right_answer_in_each_language() -> None:
    assert len(QUESTIONS) >= 599
    assert {q["type"] for q in QUESTIONS} == set(kinds.KINDS)
    missed = [(q["id"], lang) for q in QUESTIONS for lang in ("fr", "en") if graded(q, right_post(q, lang)) != 1]
    assert missed == []


def test_every_question_of_the_curriculum_refuses_full_marks_to_a_wrong_answer() -> None:
    assert [q["id"] for q in QUESTIONS if graded(q, wrong_post(q)) >= 1] == []


def test_every_accepted_form_is_accepted() -> None:
    short = [q for q in QUESTIONS if q["type"] == "short"]
    forms = [(q, form) for q in short for forms in q["accepted"].values() for form in forms]
    assert [form for q, form in forms if graded(q, post({q["id"]: form.upper()})) != 1] == []


def test_an_unanswered_question_earns_nothing() -> None:
    for question in QUESTIONS:
        kind = question["type"]
        assert kinds.parse(kind, question, QueryDict(""), question["id"]) is None
        assert not kinds.is_answered(kind, None)
        assert kinds.grade(kind, question, None).score == 0


@pytest.mark.parametrize(
    ("picked", "score"),
    [
        (["a", "c"], Fraction(2, 3)),
        (["a", "c", "e"], Fraction(1)),
        (["a", "c", "e", "b"], Fraction(2, 3)),
        (["a", "b"], Fraction(0)),
        (["b", "d"], Fraction(0)),
        (["a", "b", "c", "d", "e"], Fraction(1, 3)),
        (["a", "a", "zz"], Fraction(1, 3)),
    ],
)
def test_multiple_counts_right_picks_less_wrong_ones(picked: list[str], score: Fraction) -> None:
    body = {"options": [{"id": i, "fr": i, "correct": i in "ace"} for i in "abcde"]}
    answer = kinds.parse("multiple", body, post({"q": picked}), "q")
    assert kinds.grade("multiple", body, answer).score == score


def test_ordering_counts_places_and_a_place_given_twice_earns_nothing() -> None:
    body = {"items": [{"id": i, "fr": i} for i in "wxyz"]}
    assert kinds.grade("ordering", body, {"w": 1, "x": 2, "y": 4, "z": 3}).score == Fraction(1, 2)
    assert kinds.grade("ordering", body, {"w": 1, "x": 1, "y": 3}).score == Fraction(1, 4)
    assert kinds.grade("ordering", body, dict.fromkeys("wxyz", 1)).score == 0
    asked = kinds.present("ordering", body, "fr", seed=1, item_id="q", answer={"w": 1, "x": 1, "y": 3})
    assert (asked["repeated"], asked["missing"]) == ([1], 1)


def test_matching_and_cloze_count_their_parts() -> None:
    pairs = [{"id": i, "left": {"fr": i}, "right_id": f"r{i}", "right": {"fr": i}} for i in "abcd"]
    answer = {"a": "ra", "b": "rc", "c": "rb"}
    assert kinds.grade("matching", {"pairs": pairs}, answer).score == Fraction(1, 4)
    cloze = {"text": {"fr": "La {{sortie|libération}} et la {{peine}}.", "en": "The {{release}} and {{sentence}}."}}
    assert kinds.grade("cloze", cloze, ["liberation", "pain"]).score == Fraction(1, 2)
    assert kinds.grade("cloze", cloze, ["Release", " PEINE. "]).score == 1


def test_a_translation_with_another_number_of_gaps_is_neither_shown_nor_counted() -> None:
    cloze = {"text": {"fr": "La {{sortie}} et la {{peine}}.", "en": "The {{release}}."}}
    asked = kinds.present("cloze", cloze, "en", seed=1, item_id="q")
    assert asked["gaps"] == 2
    assert 'lang="fr"' in asked["attrs"]
    assert kinds.grade("cloze", cloze, ["release", "peine"]).score == Fraction(1, 2)


@pytest.mark.parametrize(
    "typed",
    [
        "Protocole d’Istanbul",
        "protocole  d'istanbul",
        "PROTOCOLE D ISTANBUL.",
        "« Protocole d'Istanbul »",
        "the istanbul-protocol",
    ],
)
def test_short_answers_forgive_case_accents_apostrophes_hyphens_and_edges(typed: str) -> None:
    body = {"accepted": {"fr": ["Protocole d'Istanbul"], "en": ["the Istanbul Protocol"]}}
    assert graded({"type": "short", "id": "q", **body}, post({"q": typed})) == 1


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("15", "15"),
        (" 15 jours ", "15"),
        ("15jours", "15"),
        ("2,33 %", "2.33"),
        ("2.33", "2.33"),
        (",5", "0.5"),
        ("1 234,5", "1234.5"),
        ("1\u202f234\u00a0567", "1234567"),
        ("1.234.567", "1234567"),
        ("1,234.5", "1234.5"),
        ("1.234,5", "1234.5"),
        ("-3", "-3"),
        ("−3,0", "-3.0"),
        ("٢٢٫٥", "22.5"),
        ("15.", "15"),
        ("15 à 20", None),
        ("22 h 30", None),
        ("1,23,4", None),
        ("quinze", None),
        ("1e5", None),
        ("1/2", None),
        ("NaN", None),
        ("", None),
        (",", None),
    ],
)
def test_numbers_are_read_as_people_write_them(typed: str, number: str | None) -> None:
    read = read_number(typed)
    assert (str(read) if read is not None else None) == number


@pytest.mark.parametrize(("typed", "score"), [("199,6", 1), ("198.6", 1), ("200,6", 1), ("200,61", 0), ("198,59", 0)])
def test_the_tolerance_is_inclusive_and_exact(typed: str, score: int) -> None:
    assert kinds.grade("numeric", {"value": 199.6, "tolerance": 1}, typed).score == score
    assert kinds.grade("numeric", {"value": 0.3, "tolerance": 0}, "0,3").score == 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)


@given(question=st.sampled_from(QUESTIONS), answer=JSON)
def test_any_stored_answer_is_graded_between_0_and_1_and_can_be_shown(question: dict, answer: object) -> None:
    kind = question["type"]
    grade = kinds.grade(kind, question, answer)
    assert 0 <= grade.score <= 1
    assert grade == kinds.grade(kind, question, answer)
    kinds.is_answered(kind, answer)
    kinds.present(kind, question, "fr", seed=1, item_id="q", answer=answer)
    kinds.review(kind, question, answer, "fr", item_id="q")


@st.composite
def posts(draw):
    """A question and a post that mixes its real fields and values with anything."""
    question = draw(st.sampled_from([one_of(kind) for kind in kinds.KINDS]))
    real = right_post(question, "fr")
    names = st.sampled_from([*real, question["id"], f"{question['id']}.", f"{question['id']}.99"]) | st.text(max_size=9)
    known = [value for name in real for value in real.getlist(name)]
    odd = ["0", "-1", "007", "1\x00", "\ud800", "٣", "9" * 5000, "{{x}}"]
    value = st.sampled_from([*known, *odd]) | st.text(max_size=30)
    fields = draw(st.dictionaries(names, st.lists(value, max_size=6), max_size=8))
    return question, draw(st.sampled_from([post(fields), fields, {k: v[0] for k, v in fields.items() if v}]))


@given(posts())
def test_no_post_breaks_parsing_and_what_is_stored_is_small_and_clean(case) -> None:
    question, data = case
    kind = question["type"]
    answer = kinds.parse(kind, question, data, question["id"])
    stored = json.dumps(answer, ensure_ascii=False)
    stored.encode("utf-8")
    assert len(stored) < 2000
    assert "\\u0000" not in json.dumps(answer)
    assert (answer is None) or kinds.is_answered(kind, answer)
    grade = kinds.grade(kind, question, answer)
    assert grade == kinds.grade(kind, question, json.loads(json.dumps(answer)))
    assert 0 <= grade.score <= 1
    if grade.score == 1:
        assert all(part.right for part in grade.parts)


@given(st.sampled_from([q for q in QUESTIONS if q["type"] in ("multiple", "matching", "ordering")]), st.data())
def test_full_marks_if_and_only_if_all_is_right(question: dict, data) -> None:
    right = kinds.parse(question["type"], question, right_post(question, "fr"), question["id"])
    if question["type"] == "multiple":
        answer = data.draw(st.lists(st.sampled_from([o["id"] for o in question["options"]]), unique=True).map(sorted))
        right = sorted(right)
    else:
        answer = dict(zip(right, data.draw(st.permutations(list(right.values()))), strict=True))
    assert (kinds.grade(question["type"], question, answer).score == 1) == (answer == right)
