"""Activity kinds: the rooms that own them register the view that shows one of their activities."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from courses.models import ActivityPage, ActivityProgress, Course, CourseText, Enrolment


@dataclass(frozen=True, slots=True)
class ActivityContext:
    """What the address `/<lang>/c/<code>/<ref>/` has found: the view of the kind draws the page from it."""

    course: Course
    text: CourseText  # in the interface language, else in the site's
    outline: Mapping[str, Any]  # the version the enrolment is pinned to, else the current one
    activity: Mapping[str, Any]  # its entry in the outline: key, ref, kind, required, minutes, rule
    enrolment: Enrolment | None  # the newest one that is not withdrawn; none for readers who are not enrolled
    progress: Mapping[UUID, ActivityProgress] = field(default_factory=dict)


KindView = Callable[[HttpRequest, ActivityContext], HttpResponse]
KindFacts = Callable[[ActivityPage], Mapping[str, Any]]
KindWords = Callable[[ActivityPage], str]
Place = tuple[UUID, UUID]  # enrolment and activity
KindMarks = Callable[[Collection[UUID]], Mapping[Place, str]]

# What a kind may say of an activity that is begun and not finished, for those who teach.
WAITS, NOT_YET = "waits", "not-yet"


@dataclass(frozen=True, slots=True)
class _Kind:
    view: KindView
    facts: KindFacts | None
    words: KindWords | None
    marks: KindMarks | None


_kinds: dict[str, _Kind] = {}


def register(
    kind: str,
    view: KindView,
    *,
    facts: KindFacts | None = None,
    words: KindWords | None = None,
    marks: KindMarks | None = None,
) -> None:
    """Say which view shows activities of `kind`. Called in `AppConfig.ready`.

    `facts(page)` gives, when a page of the kind is published, what outlines say of it in every language:
    {"questions": 7, "time_limit": 35, "attempts": 3}, all optional. `words(page)` gives, then too, what the activity's
    page says, as safe HTML: it becomes `ActivityText.html`, and is found by a search. `marks(enrolments)` gives how
    activities that are not finished stand, for those who teach: WAITS (handed in, somebody must look at it) or NOT_YET
    (looked at, and not sufficient). At most one query.
    """
    _kinds[kind] = _Kind(view, facts, words, marks)


def view_of(kind: str) -> KindView:
    """The view that shows activities of `kind`; KeyError where no room owns it."""
    return _kinds[kind].view


def facts_of(page: ActivityPage) -> dict[str, Any]:
    """What outlines say of an activity besides its title; empty where its kind says nothing."""
    kind = _kinds.get(page.kind)
    return dict(kind.facts(page)) if kind and kind.facts else {}


def words_of(page: ActivityPage) -> str:
    """What the page of an activity says, as safe HTML; empty where its kind says nothing."""
    kind = _kinds.get(page.kind)
    return kind.words(page) if kind and kind.words else ""


def marks_of(kinds: Collection[str], enrolments: Collection[UUID]) -> dict[Place, str]:
    """How unfinished activities of these kinds stand. A query for each kind that has marks."""
    found: dict[Place, str] = {}
    for name in sorted(kinds):
        kind = _kinds.get(name)
        if kind and kind.marks and enrolments:
            found |= kind.marks(enrolments)
    return found
