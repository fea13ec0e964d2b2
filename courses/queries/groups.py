"""Cohorts as their members see them: what they were told, by when, and questions with their answers."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Q, Subquery
from django.utils import timezone

from courses.models import Announcement, Cohort, LessonQuestion
from courses.queries.cohorts import CourseTab, announcements_of, course_tabs, instructors_of
from operations.words import in_language
from people.models import User

NEWS = dt.timedelta(days=30)


@dataclass(frozen=True, slots=True)
class GroupLine:
    """A cohort of one's own on "my learning"; `news` is its newest announcement, for a month."""

    id: UUID
    name: str
    news: str
    at: dt.datetime | None


def groups_of(user: User) -> list[GroupLine]:
    """The cohorts that the person belongs to today, those with news first. 1 query."""
    newest = Announcement.objects.filter(
        cohort=OuterRef("pk"), withdrawn=None, created__gte=timezone.now() - NEWS
    ).order_by("-created")
    rows: Any = (
        Cohort.objects.open()
        .taken_by(user.pk)
        .annotate(texts=Subquery(newest.values("texts")[:1]), at=Subquery(newest.values("created")[:1]))
    )
    lines = [GroupLine(row.pk, row.name, in_language(row.texts or {}), row.at) for row in rows]
    return sorted(lines, key=lambda line: line.at.timestamp() if line.at else 0, reverse=True)


@dataclass(frozen=True, slots=True)
class Group:
    cohort: Cohort
    tabs: list[CourseTab]
    instructors: list[str]
    announcements: list[Announcement]
    shared: list[LessonQuestion]  # answered for everybody


def group_for(user: User, id: UUID, *, language: str) -> Group | None:
    """A cohort as a member sees it; None for everybody else. 6 queries, 1 more where an instructor is protected."""
    cohort = Cohort.objects.open().taken_by(user.pk).filter(pk=id).select_related("institution").first()
    if cohort is None:
        return None
    return Group(
        cohort=cohort,
        tabs=course_tabs(cohort, language),
        instructors=[name for _row, name in instructors_of(cohort, user)],
        announcements=announcements_of(cohort),
        shared=list(
            cohort.questions.filter(shared=True, answered__isnull=False)
            .select_related("course")
            .order_by("-answered")[:50]
        ),
    )


def cohort_to_ask(user: User, code: str) -> Cohort | None:
    """The cohort whose instructors are asked about a course: the one joined last that takes it. 1 query."""
    rows = Cohort.objects.open().taken_by(user.pk).filter(courses__course__code=code)
    return rows.filter(members__user=user, members__left=None).order_by("-members__joined", "-created").first()


def questions_on(user: User, cohort: Cohort, activity: UUID) -> list[LessonQuestion]:
    """One's own questions about a step, and what was answered for the whole cohort, the newest first. 1 query."""
    rows = LessonQuestion.objects.filter(activity=activity).filter(
        Q(asker=user) | Q(cohort=cohort, shared=True, answered__isnull=False)
    )
    return list(rows.order_by("-asked")[:50])
