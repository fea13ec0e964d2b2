"""A workshop with its people and their attendance, for tests of what they earn by it."""

from __future__ import annotations

import datetime as dt

from operations import jobs
from people.models import Institution, User
from workshops.models import HeadCount, Mark, Presence, Registration, Session, Workshop
from workshops.services import add_session, close_attendance, plan_workshop, register, set_facilitator

DAY = dt.date(2026, 11, 18)
HOURS = ((dt.time(8, 30), dt.time(12)), (dt.time(13, 30), dt.time(16, 30)))
NOW = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)


def plan(actor: User, **facts) -> Workshop:
    """Two days of two half-days each, led by `actor`."""
    workshop = plan_workshop(
        organiser=Institution.objects.get(code="dnapes"),
        actor=actor,
        title=facts.pop("title", "Les Règles Nelson Mandela en pratique"),
        place="Koulikoro",
        starts=DAY,
        ends=DAY + dt.timedelta(days=1),
        capacity=facts.pop("capacity", 20),
        **{"min_share": 75, **facts},
    )
    for day in (0, 1):
        for starts, ends in HOURS:
            add_session(workshop=workshop, day=DAY + dt.timedelta(days=day), starts=starts, ends=ends, actor=actor)
    if not workshop.facilitators.filter(user=actor).exists():
        set_facilitator(workshop=workshop, user=actor, part="lead", actor=actor)
    return workshop


def join(workshop: Workshop, actor: User, **facts) -> Registration:
    return register(workshop=workshop, actor=actor, over_capacity=True, **facts)


def attend(workshop: Workshop, registration: Registration, count: int, actor: User) -> None:
    """The first `count` sessions present, the others absent."""
    for number, session in enumerate(workshop.sessions.all()):
        mark_one(session, registration, "present" if number < count else "absent", actor)


def mark_one(session: Session, registration: Registration, status: str, actor: User) -> None:
    mark = Mark.objects.create(
        session=session, registration=registration, status=status, source="call", made=NOW, stored=NOW, by=actor
    )
    Presence.objects.update_or_create(
        session=session, registration=registration, defaults={"status": status, "mark": mark}
    )


def close(workshop: Workshop, actor: User) -> None:
    """Close attendance and let the worker do what this asks for."""
    for session in workshop.sessions.all():
        HeadCount.objects.get_or_create(
            session=session, defaults={"people": 3, "made": NOW, "stored": NOW, "by": actor}
        )
    close_attendance(workshop=workshop, actor=actor)
    workshop.refresh_from_db()
    jobs.work(once=True)
