"""Extra time and extra tries: who gives them, what they change, who learns of them."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse

from assessments import queries
from assessments.models import Accommodation, Attempt
from assessments.series import standing_of
from assessments.services import start_attempt, submit
from assessments.services.accommodations import end_extra, give_extra
from courses.models import Enrolment
from operations.errors import Refused
from operations.models import AuditEntry, Message
from people.models import User
from tests.courses.cohorts import make_cohort, row_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def enrolment(school, cast) -> Enrolment:
    return school.enrol(cast.awa)


def fresh(person: User) -> User:
    return User.objects.get(pk=person.pk)


def length(attempt: Attempt) -> dt.timedelta:
    return attempt.deadline - attempt.started


def test_minutes_and_percent_lengthen_the_limit_of_one_assessment_or_of_all(school, cast, enrolment):
    give_extra(enrolment=enrolment, actor=cast.admin, percent=33)
    assert queries.extra_of(cast.awa.pk, school.final).minutes == 12  # 11.55, rounded up
    give_extra(enrolment=enrolment, actor=cast.admin, quiz=school.final, minutes=20)
    assert length(start_attempt(enrolment=enrolment, quiz=school.final)) == dt.timedelta(minutes=55)
    other = school.enrol(cast.seydou)
    assert length(start_attempt(enrolment=other, quiz=school.final)) == dt.timedelta(minutes=35)


def test_a_running_attempt_lasts_longer_at_once_and_never_becomes_shorter(school, cast, enrolment):
    attempt = start_attempt(enrolment=enrolment, quiz=school.final)
    row = give_extra(enrolment=enrolment, actor=cast.admin, minutes=10)
    attempt.refresh_from_db()
    assert length(attempt) == dt.timedelta(minutes=45)
    give_extra(enrolment=enrolment, actor=cast.admin, minutes=5)
    end_extra(row=Accommodation.objects.get(ended=None), enrolment=enrolment, actor=cast.admin)
    attempt.refresh_from_db()
    assert length(attempt) == dt.timedelta(minutes=45)
    row.refresh_from_db()
    assert row.ended is not None


def test_extra_tries_open_a_series_that_had_ended(school, cast, enrolment):
    for _number in range(3):
        submit(attempt=start_attempt(enrolment=enrolment, quiz=school.final))
    with pytest.raises(Refused):
        start_attempt(enrolment=enrolment, quiz=school.final)
    give_extra(enrolment=enrolment, actor=cast.admin, attempts=1)
    attempt = start_attempt(enrolment=enrolment, quiz=school.final)
    assert (attempt.series, attempt.number) == (1, 4)
    submit(attempt=attempt)
    with pytest.raises(Refused):
        start_attempt(enrolment=enrolment, quiz=school.final)
    standing = standing_of(school.final, list(Attempt.objects.filter(quiz=school.final)), extra=1)
    assert standing.exhausted and standing.used == 4


def test_only_who_teaches_the_person_this_course_and_administrators_give_it(school, cast, enrolment):
    for person in (cast.issa, cast.mariam, cast.fanta, cast.awa, cast.oumar):
        with pytest.raises(Refused, match="does not allow"):
            give_extra(enrolment=enrolment, actor=fresh(person), minutes=5)
    make_cohort(cast.issa, members=[cast.awa])  # takes another course, or none
    with pytest.raises(Refused, match="does not allow"):
        give_extra(enrolment=enrolment, actor=fresh(cast.issa), minutes=5)
    make_cohort(cast.issa, school.course, members=[cast.awa])
    assert give_extra(enrolment=enrolment, actor=fresh(cast.issa), minutes=5).minutes == 5


@pytest.mark.parametrize("wrong", [{}, {"minutes": 10_000}, {"percent": -5}, {"attempts": 11}])
def test_numbers_that_cannot_be_meant_are_refused(school, cast, enrolment, wrong):
    with pytest.raises(Refused):
        give_extra(enrolment=enrolment, actor=cast.admin, **wrong)
    assert not Accommodation.objects.exists()


def test_that_it_applies_is_told_to_few_and_why_to_nobody(school, cast, enrolment, client_for):
    cohort = make_cohort(cast.issa, school.course, members=[cast.awa])
    client = client_for(cast.issa)
    address = reverse("teach-extra", args=[cohort.pk, row_of(cohort, cast.awa).pk, school.course.code])
    form = {"quiz": "", "minutes": "15", "percent": "", "attempts": "", "reason": "Dyslexie"}
    assert client.post(address, form).status_code == 303
    page = client.get(address).content.decode()
    assert "15 minutes more" in page and "Dyslexie" not in page
    entry = AuditEntry.objects.get(code="assessments.extra-given")
    assert entry.about == cast.awa and entry.reason == "" and entry.branch is None  # managers read their branch's rows
    message = Message.objects.get(recipient=cast.awa, kind="assessments.rules-changed")
    assert message.context == {"code": school.course.code}
    assert client_for(cast.mariam).get(address).status_code == 403
    client.post(address, {"end": str(Accommodation.objects.get().pk)})
    assert Accommodation.objects.get().ended is not None
    assert client.post(address, {"end": "1e9"}).status_code == 404
    assert client.post(address, form | {"minutes": "many"}).status_code == 422
    other = reverse("teach-extra", args=[cohort.pk, row_of(cohort, cast.awa).pk, "K99"])
    assert client.get(other).status_code == 404


def test_the_page_of_the_assessment_says_the_time_and_the_tries_that_the_person_has(
    school, cast, enrolment, client_for
):
    give_extra(enrolment=enrolment, actor=cast.admin, minutes=25, attempts=1)
    page = client_for(cast.awa).get(school.address(school.final, "en")).content.decode()
    assert "4 tries" in page and "1\u00a0h" in page
