"""Tries, the pause, the lessons to read again, and the next series."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from assessments.models import Reread
from assessments.services import mark_reread, save_answers, start_attempt, submit
from operations.errors import Refused
from records.models import Statement
from records.verbs import Verb
from tests.assessments.school import items, right
from tests.courses.build import lesson_keys

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def enrolment(school, cast):
    return school.enrol(cast.awa)


def fail(school, enrolment, *, only_objective=None, now=NOON):
    """Hand in an attempt in which one objective is right, or nothing."""
    attempt = start_attempt(enrolment=enrolment, quiz=school.final, now=now)
    for item in items(attempt):
        if item.version.question.objective == only_objective:
            save_answers(person=enrolment.user, attempt=attempt.pk, data=right(item), now=now)
    return submit(attempt=attempt, now=now)


def test_after_the_last_try_the_refusal_names_the_day_and_the_review(school, enrolment):
    assert [fail(school, enrolment).number for _ in range(3)] == [1, 2, 3]
    with pytest.raises(Refused) as refusal:
        start_attempt(enrolment=enrolment, quiz=school.final, now=NOON + timedelta(days=1))
    assert "3" in refusal.value.sentence
    assert "8" in refusal.value.sentence  # 8 December 2026
    assert "2026" in refusal.value.sentence


def test_the_pause_and_the_review_are_both_needed_and_open_a_new_series(school, enrolment):
    for _ in range(3):
        fail(school, enrolment, only_objective=0)
    first, second = lesson_keys(school.course)
    day_15 = NOON + timedelta(days=15)
    with pytest.raises(Refused):
        start_attempt(enrolment=enrolment, quiz=school.final, now=day_15)
    with pytest.raises(Refused):  # the objective of its module was reached
        mark_reread(enrolment=enrolment, quiz=school.final, activity=first, now=NOON)
    assert mark_reread(enrolment=enrolment, quiz=school.final, activity=second, now=NOON)
    assert not mark_reread(enrolment=enrolment, quiz=school.final, activity=second, now=NOON)
    assert Reread.objects.count() == 1
    assert Statement.objects.filter(verb=Verb.EXPERIENCED, activity=f"urn:uuid:{second}").count() == 1
    with pytest.raises(Refused):
        start_attempt(enrolment=enrolment, quiz=school.final, now=NOON + timedelta(days=13, hours=11))
    # From midnight of the day that was named.
    attempt = start_attempt(enrolment=enrolment, quiz=school.final, now=datetime(2026, 12, 8, 0, 1, tzinfo=UTC))
    assert (attempt.series, attempt.number) == (2, 1)
    submit(attempt=attempt, now=day_15)
    assert [fail(school, enrolment, now=day_15).number for _ in range(2)] == [2, 3]
    with pytest.raises(Refused):  # another series asks for another review
        start_attempt(enrolment=enrolment, quiz=school.final, now=day_15 + timedelta(days=15))


def test_nothing_is_to_be_read_again_while_tries_are_left(school, enrolment):
    fail(school, enrolment)
    assert not mark_reread(enrolment=enrolment, quiz=school.final, activity=lesson_keys(school.course)[0])
    assert not Reread.objects.exists()


def test_the_page_shows_what_opens_new_tries_and_its_buttons_work(school, enrolment, client_for):
    with time_machine.travel(NOON, tick=False):
        client = client_for(enrolment.user)
        for _ in range(3):
            fail(school, enrolment, only_objective=1)
        address = school.address(school.final, "en")
        page = client.get(address).content.decode()
        assert "New tries open on 8" in page
        assert 'data-action="start-attempt"' not in page
        assert page.count('data-action="reread"') == 1
        first = lesson_keys(school.course)[0]
        assert f"/en/c/T7/{first.hex[:8]}/reread/" in page
        answer = client.post(f"/en/c/T7/{first.hex[:8]}/reread/")
        assert (answer.status_code, answer.url) == (303, f"{address}#reread")
        assert 'data-action="reread"' not in client.get(address).content.decode()
        refused = client.post(f"{address}start/", follow=True)
        assert "New tries open on" in refused.content.decode()
    with time_machine.travel(NOON + timedelta(days=14), tick=False):
        client.force_login(enrolment.user)
        assert 'data-action="start-attempt"' in client.get(address).content.decode()
        started = client.post(f"{address}start/", {"attempts": "3"})
        assert started.status_code == 303
        assert "/attempts/" in started.url
        assert client.get(address).url == started.url  # going back to the quiz goes back to the attempt
