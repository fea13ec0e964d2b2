"""Rules that screens and services ask alike: what stands, what a quota counts, which days are worked on."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from assessments.models import Question, QuestionVersion, Use
from courses.models import Guide
from programme.models import Audience
from workshops import agenda
from workshops.models import Feast, Mark, Presence, Quota, Registration, TestSitting, Workshop

_State = Registration.State
STANDING = (_State.PROPOSED, _State.WAITING, _State.INVITED, _State.ACCEPTED)


def guide_of(workshop: Workshop) -> Guide | None:
    """The facilitator guide of the workshop's course, in the workshop's language, else in French. 1 query."""
    if workshop.course_id is None:
        return None
    guides = {guide.language: guide for guide in Guide.objects.filter(course=workshop.course_id)}
    return guides.get(workshop.language) or guides.get("fr") or next(iter(guides.values()), None)


def working_days(workshop: Workshop) -> list[agenda.Day]:
    """The days of the workshop without feasts; those of Ramadan are short. 1 query."""
    feasts = list(Feast.objects.filter(starts__lte=workshop.ends, ends__gte=workshop.starts))
    days = []
    for number in range((workshop.ends - workshop.starts).days + 1):
        date = workshop.starts + dt.timedelta(days=number)
        held = [feast for feast in feasts if feast.starts <= date <= feast.ends]
        if all(feast.working for feast in held):
            days.append(agenda.Day(date, short=bool(held)))
    return days


def counts_for(quota: Quota, facts: Any) -> bool:
    """Whether a person with these facts (a mapping, or a registration) falls under a quota."""

    def fact(name: str) -> Any:
        return facts.get(name) if isinstance(facts, dict) else getattr(facts, name)

    place = fact("institution")
    if quota.institution is not None and (place is None or not place.path.startswith(quota.institution.path)):
        return False
    return all(
        not getattr(quota, name) or getattr(quota, name) == fact(name) for name in ("audience", "sex", "language")
    )


def asks_for_contact(workshop: Workshop) -> bool:
    """Whether the course of the workshop asks for somebody who can be called all day."""
    return workshop.course is not None and bool(workshop.course.extra.get("support_contact"))


def groups_to_count() -> list[tuple[str, str]]:
    """(slug, name in the active language) of whom one may count: those whom the programme serves first. 1 query."""
    return [(row.slug, str(row)) for row in Audience.objects.order_by("-beneficiary", "position")]


def who_came(workshop: Workshop) -> QuerySet[Registration]:
    """Those on the list who were in a session at least. Lazy."""
    present = Presence.objects.filter(session__workshop=workshop, session__cancelled=False, status=Mark.Status.PRESENT)
    return workshop.registrations.filter(state__in=Registration.EXPECTED, pk__in=present.values("registration"))


def questions_of(workshop: Workshop) -> list[tuple[Question, QuestionVersion]]:
    """The test before and after, in the bank's order; none without a course or a test. 1 query."""
    if workshop.course_id is None or not workshop.with_tests:
        return []
    rows = Question.objects.filter(course=workshop.course_id, use=Use.PREPOST, retired=False, current__isnull=False)
    return [
        (row, row.current)
        for row in rows.select_related("current").order_by("position", "slug")
        if row.current is not None
    ]


def reaches(present: int, asked: int, share: int) -> bool:
    """Whether somebody who was in `present` of `asked` sessions reaches the share (percent). Who was never there does not,
    whatever is asked for."""
    return present > 0 and present * 100 >= share * asked


def _runs(workshop: Workshop, registration: Registration) -> bool:
    return (
        registration.workshop_id == workshop.pk
        and registration.state in Registration.EXPECTED
        and workshop.status == Workshop.Status.ANNOUNCED
        and workshop.closed_at is None
    )


def may_sit(workshop: Workshop, registration: Registration, moment: str, now: dt.datetime | None = None) -> bool:
    """Whether the test is open to the participant: the one before until the first session ends, the one after from the
    beginning of the last; neither once attendance is closed, when the figures are told. 1 query."""
    held = list(workshop.sessions.filter(cancelled=False))
    if not held or not workshop.with_tests or not _runs(workshop, registration):
        return False
    now = now or timezone.now()
    if moment == TestSitting.Moment.PRE:
        return now <= timezone.make_aware(dt.datetime.combine(held[0].day, held[0].ends))
    return now >= timezone.make_aware(dt.datetime.combine(held[-1].day, held[-1].starts))


def may_survey(workshop: Workshop, registration: Registration, today: dt.date | None = None) -> bool:
    """Whether the evaluation is open to the participant: from the last day on, until attendance is closed."""
    return _runs(workshop, registration) and (today or timezone.localdate()) >= workshop.ends


def form_of(number: int, moment: str) -> str:
    """A (the bank's order) or B (the other way round): half of the group begins with each, so that neighbours do not
    look at the same question; after, everybody has the other one."""
    return "A" if (number % 2 == 1) == (moment == TestSitting.Moment.PRE) else "B"
