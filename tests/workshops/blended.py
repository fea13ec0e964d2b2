"""Blended courses for the tests: lessons, a workshop as a step, and a workshop of the course that is held and closed."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence

from courses import publication
from courses.models import Course, CoursePage, Enrolment, ModulePage
from people.models import Institution, User
from tests.courses import build
from workshops.incoming import read_batch
from workshops.models import Presence, Registration, Session, Workshop, WorkshopPage
from workshops.services import add_session, close_attendance, plan_workshop, register, take_in

DAY = dt.date(2026, 12, 8)
NOON = dt.datetime(2026, 12, 8, 12, tzinfo=dt.UTC)
TITLES = {"fr": "Deux jours à Koulikoro", "en": "Two days in Koulikoro"}


def blended(code: str = "W1", *, lessons: Sequence[int] = (1,), workshops: int = 1, required: bool = True) -> Course:
    """A course with lessons and workshop steps after them."""
    course = build.make_course(code, lessons=lessons)
    for _number in range(workshops):
        add_step(course, required=required)
    return course


def add_step(course: Course, *, module: int | None = None, required: bool = True, publish: bool = True) -> uuid.UUID:
    """One more workshop step, under the course or under one of its modules, in both languages."""
    key = uuid.uuid4()
    with publication.paused():
        for page in CoursePage.objects.filter(course=course).select_related("locale"):
            above = page if module is None else list(ModulePage.objects.child_of(page))[module]
            language = page.locale.language_code
            above.add_child(
                instance=WorkshopPage(
                    title=TITLES[language],
                    slug=f"w{key.hex[:8]}",
                    locale=page.locale,
                    translation_key=key,
                    minutes=720,
                    required=required,
                    summary="Ensemble : on s'exerce." if language == "fr" else "Together: practice.",
                )
            )
    if publish:
        publication.publish(course)
    return key


def steps(course: Course) -> list[uuid.UUID]:
    """The keys of its workshop steps, in order."""
    return list(course.activities.filter(kind="workshop", retired=False).values_list("key", flat=True))


def planned(actor: User, course: Course | None, *, sessions: int = 4, share: int = 75, **facts: object) -> Workshop:
    """A workshop of so many half-days, announced."""
    workshop = plan_workshop(
        organiser=Institution.objects.get(code="dnapes"),
        actor=actor,
        title="Les Règles en pratique",
        place="Koulikoro",
        starts=DAY,
        ends=DAY + dt.timedelta(days=(sessions - 1) // 2),
        capacity=50,
        course=course,
        min_share=share,
        **facts,
    )
    hours = [(dt.time(8, 30), dt.time(12)), (dt.time(13, 30), dt.time(16, 30))]
    for number in range(sessions):
        starts, ends = hours[number % 2]
        day = DAY + dt.timedelta(days=number // 2)
        add_session(workshop=workshop, day=day, starts=starts, ends=ends, actor=actor)
    Workshop.objects.filter(pk=workshop.pk).update(status=Workshop.Status.ANNOUNCED)
    workshop.refresh_from_db()
    return workshop


def mark(session: Session, registration: Registration, status: str = "present", *, minutes: int = 0) -> dict[str, str]:
    return {
        "id": str(uuid.uuid4()),
        "session": str(session.pk),
        "registration": str(registration.pk),
        "status": status,
        "made": (NOON + dt.timedelta(minutes=minutes)).isoformat(),
    }


def send(workshop: Workshop, actor: User, marks: list[dict[str, str]], **items: object) -> None:
    answers = take_in(workshop=workshop, batch=read_batch({"marks": marks, **items}), actor=actor)
    assert all(one.kept for one in answers), answers


def hold(workshop: Workshop, actor: User, presences: dict[Registration, int], *, close: bool = True) -> None:
    """Call the lists: each person is present in so many sessions, the first ones, and absent from the others."""
    sessions = list(workshop.sessions.all())
    marks = [
        mark(session, person, "present" if place < count else "absent", minutes=10 * place)
        for person, count in presences.items()
        for place, session in enumerate(sessions)
    ]
    counts = [
        {"id": str(uuid.uuid4()), "session": str(session.pk), "people": len(presences), "made": NOON.isoformat()}
        for session in sessions
    ]
    send(workshop, actor, marks, head_counts=counts)
    if close:
        close_attendance(workshop=workshop, actor=actor)


def on_list(workshop: Workshop, actor: User, *users: User) -> list[Registration]:
    return [register(workshop=workshop, user=user, actor=actor) for user in users]


def done(enrolment: Enrolment) -> set[uuid.UUID]:
    """The steps that the enrolment has finished."""
    return build.finished(enrolment)


def told(registration: Registration) -> dict[uuid.UUID, uuid.UUID]:
    """{session: statement} of the presences that were told to the record."""
    rows = Presence.objects.filter(registration=registration, statement__isnull=False)
    return dict(rows.values_list("session", "statement"))
