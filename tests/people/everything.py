"""A person of whom every room knows something, and another one like them."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.utils import timezone

from assessments.models import Accommodation, Assignment, Attempt, Grading, Submission
from assessments.rubrics import rubric_of
from assessments.services import save_answers, start_attempt, submit
from assessments.services.assignments import attach_file, frozen
from certificates.models import Appeal, Candidate, Credential, Panelist, Pathway, StageDecision, StageEvidence
from content.models import ErrorReport
from courses.models import (
    Announcement,
    Cohort,
    CohortCourse,
    CohortInstructor,
    CohortMember,
    Enrolment,
    LessonQuestion,
    Note,
)
from operations import deliveries, notify
from operations.audit import record_change
from operations.models import Mode
from people.models import Audience, Clearance, Institution, LoginCode, Membership, Supervision, User
from records.verbs import Verb
from tests.assessments.school import School, fields, make_school
from tests.assessments.written import PDF, RUBRIC, upload
from tests.courses import build
from tests.courses.build import lesson_keys
from workshops.models import Allowance, Mark, Observation, TestSitting
from workshops.services import add_session, plan_workshop, register, set_facilitator


@dataclass
class Known:
    person: User
    mark: str  # stands in every free text about them


def schooling() -> School:
    return make_school("T7")


def certify(person: User, code: str) -> Credential:
    from courses.services import complete_lesson, enrol, record_outcome  # noqa: PLC0415

    course = build.make_course(code, lessons=(1,), validity_months=24)
    final = build.add_final(course)
    enrolment = enrol(user=person, course=course)
    for key in lesson_keys(course):
        complete_lesson(enrolment=enrolment, activity=key)
    record_outcome(enrolment=enrolment, activity=final, statements=[build.outcome(enrolment, final, Verb.PASSED, 90)])
    return Credential.objects.get(holder=person, course=course)


def know(person: User, school: School, *, actor: User, mark: str, code: str) -> Known:
    """Give the person one of everything."""
    enrolment = school.enrol(person)
    attempt = start_attempt(enrolment=enrolment, quiz=school.practice[0])
    save_answers(person=person, attempt=attempt.pk, data=fields(attempt))
    submit(attempt=attempt)
    _write(person, enrolment, actor=actor, mark=mark)
    certify(person, code)
    lesson = lesson_keys(school.course)[0]
    Note.objects.create(
        user=person, course=school.course, activity=lesson, block="b1", question="?", text=f"note {mark}", language="fr"
    )
    ErrorReport.objects.create(page_key=lesson, language="fr", kind="error", text=f"report {mark}", reporter=person)
    place = Institution.objects.get(code="koulikoro")
    _together(person, school, place, mark)
    Membership.objects.create(user=person, institution=place, post=f"post {mark}", since=dt.date(2021, 1, 1))
    Audience.objects.create(user=person, audience="prison-staff", confirmed_by=actor, confirmed_at=timezone.now())
    Clearance.objects.create(user=person, granted_by=actor, reason=f"clearance {mark}")
    Supervision.objects.create(person=person, supervisor=actor)
    LoginCode.objects.create(
        user=person,
        purpose=LoginCode.Purpose.FIRST,
        digest=uuid.uuid4().hex * 2,
        made_by=actor,
        expires=timezone.now() + dt.timedelta(days=3),
        told=timezone.now(),
    )
    EmailAddress.objects.create(user=person, email=f"{mark}@kalanso.test", verified=True, primary=True)
    Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={"secret": "x"})
    deliveries.change_preference(person=person, mode=Mode.DAILY, quiet_from=dt.time(21), quiet_to=dt.time(6))
    notify.notify(person, "people.details-changed", key=f"told {mark}")
    _take_part(person, place, actor=actor, mark=mark)
    _walk(person, actor=actor, mark=mark)
    record_change(actor=actor, code="people.protected", obj=person, reason=f"reason {mark}")
    return Known(person, mark)


def _write(person: User, enrolment: Enrolment, *, actor: User, mark: str) -> None:
    """Written work that was graded, a draft of further work, and a grading of somebody else's."""
    now, course = timezone.now(), enrolment.course
    rubric = frozen(rubric=rubric_of(RUBRIC))
    facts = {"course": course, "rubric": RUBRIC, "answer": "either"}
    first, second = (
        Assignment.objects.get_or_create(key=uuid.uuid5(course.key, name), defaults=facts)[0]
        for name in ("first", "second")
    )
    shared = {"number": 1, "language": "fr", "changed": now}
    row = Submission.objects.create(enrolment=enrolment, assignment=first, text=f"work {mark}", **shared)
    attach_file(submission=row, file=upload(PDF + mark.encode()))
    Submission.objects.filter(pk=row.pk).update(status="graded", submitted=now, passed=False, rubric=rubric)
    said = {"facts": {"level": 2, "comment": f"comment {mark}"}}
    given = {"status": "given", "given": now, "points": 8, "maximum": 32, "passed": False}
    Grading.objects.create(
        submission=row, grader=actor, scores=said, comment=f"whole {mark}", strengths=f"strong {mark}", **given
    )
    Submission.objects.create(enrolment=enrolment, assignment=second, text=f"draft {mark}", reader=person, **shared)
    other = Enrolment.objects.exclude(user=person).exclude(user=None).filter(course=course).first()
    if other is not None:
        theirs = Submission.objects.filter(enrolment=other, assignment=first).first()
        if theirs is not None:
            Grading.objects.create(submission=theirs, grader=person, **given)


def _together(person: User, school: School, place: Institution, mark: str) -> None:
    """A cohort to which the person belongs, another that the person leads, and what is said in them."""
    since, lesson = dt.date(2021, 1, 1), lesson_keys(school.course)[0]
    taken, led = (
        Cohort.objects.create(name=name, institution=place, language="fr", starts=since, created_by=person)
        for name in ("taken", "led")
    )
    for cohort in (taken, led):
        CohortCourse.objects.create(cohort=cohort, course=school.course)
    CohortMember.objects.create(cohort=taken, user=person, joined=since)
    CohortInstructor.objects.create(cohort=led, user=person, since=since)
    Announcement.objects.create(cohort=led, author=person, texts={"fr": "announcement"})
    LessonQuestion.objects.create(
        cohort=taken, course=school.course, activity=lesson, asker=person, text=f"question {mark}", language="fr"
    )
    Accommodation.objects.create(user=person, course=school.course, minutes=10, reason=f"extra {mark}")


def _walk(person: User, *, actor: User, mark: str) -> None:
    """A pathway that the person has left, and a part in somebody else's."""
    road, _new = Pathway.objects.get_or_create(slug="road", defaults={"definition": {"title": {}, "stages": []}})
    own = Candidate.objects.create(pathway=road, user=person, state=Candidate.State.LEFT, mentor=actor)
    decision = StageDecision.objects.create(
        candidate=own, stage="s", outcome="not-yet", reason=f"not yet {mark}", signer=actor, signed_as="master-trainer"
    )
    Appeal.objects.create(decision=decision, text=f"appeal {mark}")
    StageEvidence.objects.create(candidate=own, stage="s", title=f"title {mark}", note="n", added_by=person)
    Panelist.objects.create(candidate=own, stage="s", member=actor, outside=True, outcome="passed", reason="r")
    other = Candidate.objects.create(pathway=road, user=actor, state=Candidate.State.LEFT, mentor=person)
    StageDecision.objects.create(
        candidate=other, stage="s", outcome="passed", signer=person, reviewed_by=person, signed_as="master-trainer"
    )
    Panelist.objects.create(candidate=other, stage="s", member=person, outside=True, outcome="passed")


def attempts(person: User):
    return Attempt.objects.filter(enrolment__user=person)


def _take_part(person: User, place: Institution, *, actor: User, mark: str) -> None:
    """A workshop: on its list, there, tested, paid; another one led, and observed in it."""
    day = dt.date(2025, 3, 3)
    workshop = plan_workshop(organiser=place, title="Atelier", place="Bamako", starts=day, ends=day, allowance=5000)
    session = add_session(workshop=workshop, day=day, starts=dt.time(8), ends=dt.time(12))
    row = register(workshop=workshop, user=person, post=f"post {mark}", phone=f"phone {mark}")
    now = timezone.now()
    Mark.objects.create(
        session=session,
        registration=row,
        status="excused",
        source="call",
        reason=f"excuse {mark}",
        made=now,
        stored=now,
    )
    TestSitting.objects.create(registration=row, moment="pre", answers={"q": mark}, points={"q": 0.5}, stored=now)
    Allowance.objects.create(registration=row, day=day, amount=5000)
    other = plan_workshop(organiser=place, title="Atelier", place="Bamako", starts=day, ends=day)
    set_facilitator(workshop=other, user=person, part="lead")
    Observation.objects.create(
        workshop=other, trainer=person, observer=actor, rubric="r", digest="0", strengths=f"strong {mark}", given=now
    )
