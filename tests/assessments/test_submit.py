"""Handing in: exactly once, graded exactly, recorded, and nothing that a person typed in the record."""

import json
from fractions import Fraction

import pytest
from django.urls import reverse
from django.utils.translation import override

from assessments.models import Attempt
from assessments.outcome import question_key, response_of
from assessments.services import save_answers, start_attempt, submit
from courses.models import ActivityProgress, Enrolment
from courses.services import withdraw
from courses.signals import course_completed
from records.models import Statement
from records.statements import percent_of, rule_of
from records.verbs import Verb
from tests.assessments.school import begin, fields, items, make_school
from tests.concurrency import at_once

pytestmark = pytest.mark.django_db


def statements(attempt, verb):
    return list(Statement.objects.filter(registration=attempt.enrolment_id, verb=verb))


def test_all_right_is_passed_recorded_and_completes_the_course(school, cast):
    told = []
    course_completed.connect(lambda **news: told.append(news), weak=False, dispatch_uid="test")
    try:
        enrolment = school.enrol(cast.awa)
        for quiz in school.practice:
            done = start_attempt(enrolment=enrolment, quiz=quiz)
            assert submit(attempt=done).passed is None
        attempt = begin(school, cast.awa)
        save_answers(person=cast.awa, attempt=attempt.pk, data=fields(attempt))
        closed = submit(attempt=attempt)
    finally:
        course_completed.disconnect(dispatch_uid="test")
    assert (closed.passed, closed.points, closed.maximum, closed.closed_by) == (True, 8, 8, "person")
    assert [line["reached"] for line in closed.results] == [True, True]
    (passed,) = statements(attempt, Verb.PASSED)
    assert percent_of(passed.body) == 100
    assert rule_of(passed.body)["inputs"]["attempt"] == str(attempt.pk)
    assert len(statements(attempt, Verb.ANSWERED)) == 8
    assert len(told) == 1
    enrolment.refresh_from_db()
    assert enrolment.status == Enrolment.Status.COMPLETED
    assert enrolment.score == 100


def test_practice_handed_in_is_finished_whatever_the_points_and_keeps_the_best(school, cast):
    enrolment = school.enrol(cast.awa, finished=False)
    for right_ones in (0, 8, 4):
        attempt = start_attempt(enrolment=enrolment, quiz=school.practice[0])
        save_answers(person=cast.awa, attempt=attempt.pk, data=fields(attempt, right_ones=right_ones))
        submit(attempt=attempt)
    row = ActivityProgress.objects.get(enrolment=enrolment, activity=school.practice[0].key)
    assert (row.status, row.score) == ("completed", 100)
    assert Attempt.objects.filter(quiz=school.practice[0]).count() == 3


def test_the_pass_is_decided_exactly_and_not_by_what_is_shown(school, cast, monkeypatch):
    """5.6 of 8 are 70 %: one hair less is not."""
    scores = iter([Fraction(1)] * 5 + [Fraction(6, 10) - Fraction(1, 10**9)] + [Fraction(0)] * 2)
    from assessments import kinds  # noqa: PLC0415

    monkeypatch.setattr(kinds, "grade", lambda *_: kinds.Grade(next(scores)))
    attempt = begin(school, cast.awa)
    closed = submit(attempt=attempt)
    assert closed.passed is False
    assert closed.points < 5.6
    (failed,) = statements(attempt, Verb.FAILED)
    assert percent_of(failed.body) < 70


def test_nothing_that_a_person_typed_enters_the_record(school, cast):
    attempt = begin(school, cast.awa)
    data = fields(attempt)
    for item in items(attempt):
        slug, kind = item.version.question_id, item.version.question.kind
        if kind in ("short", "numeric"):
            data[slug] = "Moussa a frappé le détenu 7"
        if kind == "cloze":
            data[f"{slug}.1"] = "Moussa"
    save_answers(person=cast.awa, attempt=attempt.pk, data=data)
    submit(attempt=attempt)
    answered = statements(attempt, Verb.ANSWERED)
    assert len(answered) == 8
    text = json.dumps([row.body for row in Statement.objects.all()], default=str, ensure_ascii=False)
    assert "Moussa" not in text
    typed = [item for item in items(attempt) if item.version.question.kind in ("short", "numeric", "cloze")]
    assert typed
    for item in typed:
        row = next(row for row in answered if row.activity == f"urn:uuid:{question_key(item.version.question_id)}")
        assert row.body["result"]["response"] == f"urn:uuid:{attempt.pk}#{item.position}"


def test_codes_of_choices_are_kept_as_xapi_writes_them():
    assert response_of("multiple", ["a", "c"]) == "a[,]c"
    assert response_of("matching", {"b": "y", "a": "x"}) == "a[.]x[,]b[.]y"
    assert response_of("ordering", {"b": 1, "a": 2}) == "a[.]2[,]b[.]1"
    assert response_of("single", "a") == "a"
    assert response_of("short", "a") == response_of("cloze", ["a"]) == response_of("numeric", "5") == ""


def test_a_second_press_an_old_tab_and_the_back_button_change_nothing(school, cast, client_for):
    attempt = begin(school, cast.awa)
    client = client_for(cast.awa)
    with override("en"):
        address, result = reverse("attempt-submit", args=[attempt.pk]), reverse("attempt-result", args=[attempt.pk])
        here = reverse("attempt", args=[attempt.pk])
    data = dict(fields(attempt, right_ones=3).lists())
    first = client.post(address, data)
    assert (first.status_code, first.url) == (303, result)
    before = Statement.objects.count()
    again = client.post(address, dict(fields(attempt).lists()))
    assert (again.status_code, again.url) == (303, result)
    assert client.get(address).url == result
    assert client.get(here).url == result
    attempt.refresh_from_db()
    assert attempt.points < 8
    assert Statement.objects.count() == before


def test_who_left_the_course_keeps_the_result_and_nothing_more_is_recorded(school, cast):
    attempt = begin(school, cast.awa)
    withdraw(enrolment=attempt.enrolment)
    before = Statement.objects.count()
    assert submit(attempt=attempt).status == "submitted"
    assert Statement.objects.count() == before


# --- at once --------------------------------------------------------------------------------------------------------


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_starts_at_once_begin_one_attempt(cast):
    school = make_school()
    enrolment = school.enrol(cast.awa)
    found = at_once(*[lambda: start_attempt(enrolment=enrolment, quiz=school.final)] * 4)
    assert len({attempt.pk for attempt in found}) == 1
    assert Attempt.objects.count() == 1
    assert len(items(found[0])) == 8


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_answers_and_submissions_at_once_lose_nothing_and_count_once(cast):
    school = make_school()
    attempt = begin(school, cast.awa)

    def save(position):
        item = items(attempt)[position - 1]
        from tests.assessments.school import right  # noqa: PLC0415

        return save_answers(person=cast.awa, attempt=attempt.pk, data=right(item), positions=[position])

    first = at_once(*[lambda position=position: save(position) for position in (1, 2, 3, 4)])
    assert [saved.outcome for saved in first] == ["saved"] * 4
    assert sum(item.answer is not None for item in items(attempt)) == 4
    second = at_once(lambda: save(5), lambda: submit(attempt=attempt), lambda: save(6), lambda: submit(attempt=attempt))
    assert not [one for one in second if isinstance(one, Exception)]
    saved = {5: second[0], 6: second[2]}
    for position, outcome in saved.items():
        kept = items(attempt)[position - 1]
        assert (kept.answer is not None) == (outcome.outcome == "saved")
        if outcome.outcome == "saved":
            assert kept.score == 1  # what was acknowledged was graded
    assert len(statements(attempt, Verb.PASSED) + statements(attempt, Verb.FAILED)) == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_submission_while_time_closes_the_attempt_counts_once(cast):
    from datetime import timedelta  # noqa: PLC0415

    from assessments.services import close_overdue  # noqa: PLC0415

    school = make_school()
    attempt = begin(school, cast.awa)
    later = attempt.deadline + timedelta(minutes=2)
    found = at_once(
        lambda: submit(attempt=attempt),
        lambda: close_overdue(now=later),
        lambda: submit(attempt=attempt),
        lambda: start_attempt(enrolment=attempt.enrolment, quiz=school.final, now=later),
    )
    assert not [one for one in found if isinstance(one, Exception)]
    assert len(statements(attempt, Verb.FAILED)) == 1
