"""Time is the server's: late answers, closing by itself, and a clock that jumps."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils.translation import override

from assessments.models import Attempt
from assessments.series import GRACE, remaining
from assessments.services import close_overdue, keep_time, save_answers, start_attempt, submit
from operations import jobs
from records.models import Statement
from records.verbs import Verb
from tests.assessments.school import begin, items, right

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
LIMIT = timedelta(minutes=35)


def answer(attempt, person, position, now):
    item = items(attempt)[position - 1]
    return save_answers(person=person, attempt=attempt.pk, data=right(item), positions=[position], now=now)


@pytest.fixture
def attempt(school, cast):
    return begin(school, cast.awa, now=NOON)


def test_an_answer_within_the_grace_is_taken_and_one_after_it_closes_the_attempt(attempt, cast):
    assert answer(attempt, cast.awa, 1, attempt.deadline + GRACE).outcome == "saved"
    late = answer(attempt, cast.awa, 2, attempt.deadline + GRACE + timedelta(seconds=1))
    assert (late.outcome, late.answered) == ("over", 1)
    attempt.refresh_from_db()
    assert (attempt.status, attempt.closed_by, attempt.submitted) == ("submitted", "time", attempt.deadline)
    assert items(attempt)[1].answer is None
    assert attempt.points == 1


def test_the_person_is_told_what_was_handed_in(school, cast, client_for):
    attempt = begin(school, cast.awa)
    for position in (1, 2):
        answer(attempt, cast.awa, position, attempt.started)
    client = client_for(cast.awa)
    with override("en"):
        form, here = (reverse(name, args=[attempt.pk]) for name in ("attempt-answer", "attempt"))
    with time_machine.travel(attempt.deadline + timedelta(minutes=5), tick=False):
        client.force_login(cast.awa)
        page = client.post(form, {"q": "3", "go": "next"}, follow=True)
        assert "Time is up. Your 2 saved answers have been handed in." in page.content.decode()
        assert client.get(here, follow=True).redirect_chain[-1][0].endswith("/result/")


def test_looking_closes_what_is_over_and_starting_does_not_begin_another(school, attempt, cast):
    later = attempt.deadline + timedelta(hours=3)
    again = start_attempt(enrolment=attempt.enrolment, quiz=school.final, now=later)
    assert (again.pk, again.status) == (attempt.pk, "submitted")
    assert Attempt.objects.count() == 1


def test_the_worker_closes_what_is_over_once_and_leaves_the_others(school, attempt, cast):
    other = begin(school, cast.issa, now=NOON + timedelta(hours=1))
    practice = start_attempt(enrolment=other.enrolment, quiz=school.practice[0], now=NOON)
    later = attempt.deadline + timedelta(minutes=2)
    assert [close_overdue(now=later), close_overdue(now=later)] == [1, 0]
    assert {row.pk for row in Attempt.objects.filter(status="running")} == {other.pk, practice.pk}
    assert Statement.objects.filter(verb=Verb.FAILED).count() == 1


def test_one_attempt_that_cannot_be_closed_does_not_keep_the_others_open(school, attempt, cast, monkeypatch, caplog):
    other = begin(school, cast.issa, now=NOON)
    from assessments.services import attempts  # noqa: PLC0415

    known = attempts.note_outcome

    def fail_for_awa(held, **rest):
        if held.user_id == cast.awa.pk:
            raise RuntimeError("no")
        return known(held, **rest)

    monkeypatch.setattr(attempts, "note_outcome", fail_for_awa)
    assert close_overdue(now=NOON + timedelta(days=1)) == 1
    other.refresh_from_db()
    attempt.refresh_from_db()
    assert (other.status, attempt.status) == ("submitted", "running")


def test_the_worker_is_asked_every_minute():
    assert jobs._periodic["assessments.close"] == timedelta(minutes=1)
    assert "assessments.close" in jobs._handlers


# --- the clock ------------------------------------------------------------------------------------------------------


def test_a_clock_a_year_ahead_closes_with_the_answers_kept(attempt, cast):
    answer(attempt, cast.awa, 1, NOON + timedelta(minutes=5))
    closed = keep_time(attempt=attempt, now=NOON + timedelta(days=365))
    assert (closed.status, closed.points, closed.submitted) == ("submitted", 1, NOON + LIMIT)


def test_a_clock_set_back_during_the_attempt_gives_no_error_and_no_more_than_the_limit(attempt, cast):
    answer(attempt, cast.awa, 1, NOON + timedelta(minutes=20))
    assert answer(attempt, cast.awa, 2, NOON + timedelta(minutes=1)).outcome == "saved"
    attempt.refresh_from_db()
    assert attempt.deadline == NOON + LIMIT
    assert remaining(attempt, NOON - timedelta(days=9)) == LIMIT


def test_a_clock_set_back_before_the_start_leaves_what_was_left_at_the_last_answer(attempt, cast):
    answer(attempt, cast.awa, 1, NOON + timedelta(minutes=20))
    past = NOON - timedelta(days=400)
    assert answer(attempt, cast.awa, 2, past).outcome == "saved"
    attempt.refresh_from_db()
    assert remaining(attempt, past) == timedelta(minutes=15)
    assert attempt.deadline - attempt.started == LIMIT
    # Looking again, or saving again, moves nothing more.
    keep_time(attempt=attempt, now=past + timedelta(minutes=1))
    assert answer(attempt, cast.awa, 3, past + timedelta(minutes=2)).outcome == "saved"
    attempt.refresh_from_db()
    assert remaining(attempt, past) == timedelta(minutes=15)
    assert answer(attempt, cast.awa, 4, past + timedelta(minutes=17)).outcome == "over"
    attempt.refresh_from_db()
    assert attempt.points == 3


def test_handing_in_before_the_start_of_the_clock_is_still_one_submission(attempt, cast):
    closed = submit(attempt=attempt, now=NOON - timedelta(days=30))
    assert closed.submitted == attempt.started
    assert Statement.objects.filter(verb=Verb.FAILED).count() == 1
