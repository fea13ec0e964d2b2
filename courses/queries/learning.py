"""A person's own courses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce

from courses.models import ActivityProgress, Course, CourseText, Enrolment, Note
from courses.queries.shared import (
    Standing,
    best_text,
    effective_outlines,
    newest_enrolments,
    standing_of,
)
from operations.prepared import Prepared
from people.access import Person
from people.models import User


@dataclass(frozen=True, slots=True)
class LearningRow:
    course: Course
    text: CourseText
    enrolment: Enrolment
    standing: Standing
    last_at: datetime | None

    @property
    def completed(self) -> bool:
        return self.enrolment.status == Enrolment.Status.COMPLETED


@dataclass(frozen=True, slots=True)
class Learning:
    at_hand: LearningRow | None  # what "continue" leads to
    due: list[LearningRow]  # those with a date, the nearest first
    active: list[LearningRow]
    completed: list[LearningRow]
    notes: int


def my_learning(person: Person, *, language: str) -> Learning:
    """A person's courses, the newest enrolment of each.

    SQL: 3 (4 where an outline has changed since), 2 for somebody without courses.
    """
    newest: dict[int, Any] = {}  # enrolments with `notes`
    for enrolment in _mine(person.pk) if person.is_authenticated else ():
        newest.setdefault(enrolment.course_id, enrolment)
    enrolments = list(newest.values())
    progress: dict[UUID, dict[UUID, ActivityProgress]] = {enrolment.pk: {} for enrolment in enrolments}
    for step in _progress(person.pk) if enrolments else ():
        if step.enrolment_id in progress:
            progress[step.enrolment_id][step.activity] = step
    outlines = effective_outlines(enrolments, progress)
    texts: dict[int, list[CourseText]] = {}
    for text in _words(person.pk) if enrolments else ():
        texts.setdefault(text.course_id, []).append(text)
    rows = []
    for enrolment in enrolments:
        best = best_text(texts.get(enrolment.course_id, ()), language)
        if best is None:
            continue
        done = enrolment.status == Enrolment.Status.COMPLETED
        mine = progress[enrolment.pk]
        rows.append(
            LearningRow(
                course=enrolment.course,
                text=best,
                enrolment=enrolment,
                standing=standing_of(enrolment.course.code, best, outlines[enrolment.pk], mine, completed=done),
                last_at=max((row.last_at for row in mine.values()), default=None),
            )
        )
    active = [row for row in rows if not row.completed]
    active.sort(key=lambda row: row.last_at or row.enrolment.created, reverse=True)
    return Learning(
        at_hand=next((row for row in active if row.standing.next is not None), None),
        due=sorted((row for row in active if row.enrolment.due), key=lambda row: (row.enrolment.due, row.course.code)),
        active=active,
        completed=[row for row in rows if row.completed],
        notes=enrolments[0].notes if enrolments else Note.objects.filter(user_id=person.pk or 0).count(),
    )


_notes = (
    Note.objects.filter(user=OuterRef("user")).order_by().values("user").annotate(count=Count("pk")).values("count")
)
_mine = Prepared(
    lambda person: (
        newest_enrolments(User(pk=person))
        .select_related("outline", "course")
        .annotate(notes=Coalesce(Subquery(_notes), 0))
    ),
    int,
)
_progress = Prepared(lambda person: ActivityProgress.objects.filter(enrolment__user=person), int)
_words = Prepared(
    lambda person: CourseText.objects.filter(course__in=Enrolment.objects.filter(user=person).values("course")).defer(
        "folded", "objectives"
    ),
    int,
)
