"""What rooms tell people and write into the trail: once, by code, to the right person."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.utils import timezone
from django.utils.translation import override
from wagtail.log_actions import log
from wagtail.models import Page

from assessments import work
from assessments.services import close_overdue, mark_reread, start_attempt, submit
from certificates import services as certificates
from content.models import Norm
from courses import services as courses
from courses import trail
from courses.models import CoursePage
from operations import notify
from operations.models import AuditEntry, Message
from people import messages
from people.models import Institution, Role, RoleGrant
from tests.assessments.school import make_school
from tests.courses import build

pytestmark = pytest.mark.django_db
NOON = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)


def told(person, kind: str) -> list[str]:
    with override("en"):
        found = Message.objects.filter(recipient=person, kind=kind).order_by("created")
        return [notify.sentence(message) for message in found]


# --- certificates ---------------------------------------------------------------------------------------------------


@pytest.fixture
def credential(cast):
    course = build.make_course(code="T7")
    enrolment = courses.enrol(user=cast.awa, course=course)
    evidence = [{"code": "lessons-completed", "statement": None, "facts": {"done": 2, "total": 2}}]
    return certificates.issue(enrolment=enrolment, evidence=evidence)


def test_a_holder_is_told_of_a_certificate_once_by_the_course_s_code(credential, cast, client_for):
    assert told(cast.awa, "certificates.issued") == ["Your certificate for T7 is ready."]
    certificates.issue(enrolment=credential.enrolment, evidence=[{"code": "x", "statement": None, "facts": {}}])
    assert len(told(cast.awa, "certificates.issued")) == 1
    message = Message.objects.get(kind="certificates.issued")
    answer = client_for(cast.awa).post(f"/en/messages/{message.pk}/open/", follow=True)
    assert answer.request["PATH_INFO"] == f"/en/certificates/{credential.number}/"
    row = AuditEntry.objects.get(code="certificates.issued", object_id=str(credential.pk))
    assert (row.about, row.by_machine, row.branch) == (cast.awa, True, Institution.objects.get(code="mca").pk)


def test_revoking_tells_the_holder_and_keeps_the_reason_in_the_trail(credential, cast):
    certificates.revoke(credential=credential, reason="Borrowed identity", actor=cast.admin)
    assert len(told(cast.awa, "certificates.revoked")) == 1
    row = AuditEntry.objects.get(code="certificates.revoked")
    assert (row.actor, row.about, row.reason) == (cast.admin, cast.awa, "Borrowed identity")


def test_issuing_anew_is_one_message_not_two(credential, cast):
    certificates.reissue(credential=credential, reason="Name corrected", actor=cast.admin)
    assert len(told(cast.awa, "certificates.reissued")) == 1
    assert told(cast.awa, "certificates.revoked") == []


# --- assessments ----------------------------------------------------------------------------------------------------


def test_who_ran_out_of_time_is_told_and_who_handed_in_is_not(cast):
    school = make_school()
    late, early = school.enrol(cast.awa), school.enrol(cast.issa)
    for enrolment in (late, early):
        start_attempt(enrolment=enrolment, quiz=school.final, now=NOON)
    submit(attempt=early.attempts.get(), now=NOON + dt.timedelta(minutes=1))
    for _time in range(2):
        close_overdue(now=NOON + dt.timedelta(days=1))
    assert len(told(cast.awa, "assessments.closed-by-time")) == 1
    assert told(cast.issa, "assessments.closed-by-time") == []


def test_a_new_series_is_told_once_when_it_opens_and_not_after_it_began(cast):
    school = make_school()
    for person in (cast.awa, cast.issa):
        enrolment = school.enrol(person)
        for _try in range(3):
            submit(attempt=start_attempt(enrolment=enrolment, quiz=school.final, now=NOON), now=NOON)
    opens = NOON.date() + dt.timedelta(days=school.final.pause_days)
    counts = []
    for days in (-1, 0, 0, 2, 30):
        with time_machine.travel(dt.datetime.combine(opens + dt.timedelta(days=days), dt.time(9), dt.UTC), tick=False):
            work.tell_open()
            counts.append(len(told(cast.awa, "assessments.open-again")))
    assert counts == [0, 1, 1, 1, 1]
    assert school.course.code in told(cast.awa, "assessments.open-again")[0]


def test_a_worker_that_slept_two_days_still_tells_but_not_those_who_are_already_trying(cast):
    school = make_school()
    enrolments = [school.enrol(person) for person in (cast.awa, cast.issa)]
    for enrolment in enrolments:
        for _try in range(3):
            submit(attempt=start_attempt(enrolment=enrolment, quiz=school.final, now=NOON), now=NOON)
    later = NOON + dt.timedelta(days=school.final.pause_days + 2)
    for lesson in build.lesson_keys(school.course):
        mark_reread(enrolment=enrolments[1], quiz=school.final, activity=lesson, now=NOON)
    start_attempt(enrolment=enrolments[1], quiz=school.final, now=later)
    with time_machine.travel(later, tick=False):
        work.tell_open()
    assert len(told(cast.awa, "assessments.open-again")) == 1
    assert told(cast.issa, "assessments.open-again") == []


# --- courses, roles -------------------------------------------------------------------------------------------------


def test_a_date_that_comes_near_is_told_once_and_again_when_it_moves(cast):
    course = build.make_course(code="T8")
    enrolment = courses.enrol(user=cast.awa, course=course)
    today = timezone.localdate()

    def due(days: int) -> int:
        enrolment.due = today + dt.timedelta(days=days)
        enrolment.save(update_fields=["due"])
        trail.tell_due()
        trail.tell_due()
        return len(told(cast.awa, "courses.due-soon"))

    assert [due(8), due(7), due(3), due(-1)] == [0, 1, 2, 2]
    assert told(cast.awa, "courses.due-soon")[0].startswith("T8 is to be finished by ")
    courses.withdraw(enrolment=enrolment)
    assert due(2) == 2


def test_a_role_that_ends_soon_is_told_once_unless_it_was_short_from_the_first(cast):
    today = timezone.localdate()
    place = Institution.objects.get(code="dnapes")

    def grant(person, since: int, until: int | None) -> None:
        RoleGrant.objects.create(
            user=person,
            role=Role.REVIEWER,
            institution=place,
            since=today + dt.timedelta(days=since),
            until=None if until is None else today + dt.timedelta(days=until),
        )

    grant(cast.awa, -100, 14)
    grant(cast.issa, -100, 15)
    grant(cast.fanta, -3, 7)
    grant(cast.oumar, -100, None)
    grant(cast.seydou, -100, 0)
    for _time in range(2):
        messages.tell_of_ending_roles()
    assert len(told(cast.awa, "people.role-ending")) == 1
    assert "reviewer" in told(cast.awa, "people.role-ending")[0]
    for person in (cast.issa, cast.fanta, cast.oumar, cast.seydou):
        assert told(person, "people.role-ending") == []


# --- the authoring desk ---------------------------------------------------------------------------------------------


def test_what_happens_at_the_authoring_desk_is_in_the_trail_and_what_a_folder_loads_is_not(cast):
    build.make_course(code="T9")
    before = AuditEntry.objects.count()
    page = CoursePage.objects.filter(course__code="T9").first()
    page.save_revision().publish()
    assert AuditEntry.objects.count() == before
    page.save_revision(user=cast.oumar).publish(user=cast.oumar, skip_permission_checks=True)
    row = AuditEntry.objects.order_by("-pk").first()
    assert (row.code, row.actor, row.object_id) == ("content.page-published", cast.oumar, str(page.pk))
    log(Page.objects.get(pk=page.pk), "wagtail.edit", user=cast.oumar)
    assert AuditEntry.objects.count() == before + 1


def test_reference_data_changed_by_hand_is_in_the_trail_with_its_kind_in_words(cast, client_for):
    norm = Norm.objects.first()
    assert norm is not None
    log(norm, "wagtail.edit", user=cast.oumar)
    row = AuditEntry.objects.order_by("-pk").first()
    assert (row.code, row.actor) == ("content.entry-changed", cast.oumar)
    page = client_for(cast.admin).get(f"/en/manage/audit/{row.pk}/").content.decode()
    assert "was changed at the authoring desk" in page
    assert "content.norm" not in page
    assert client_for(cast.mariam).get(f"/en/manage/audit/{row.pk}/").status_code == 404
