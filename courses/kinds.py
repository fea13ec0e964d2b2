"""Activity kinds: the rooms that own them register the view that shows one of their activities."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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


@dataclass(frozen=True, slots=True)
class _Kind:
    view: KindView
    facts: KindFacts | None


_kinds: dict[str, _Kind] = {}


def register(kind: str, view: KindView, *, facts: KindFacts | None = None) -> None:
    """Say which view shows activities of `kind`. Called in `AppConfig.ready`.

    `facts(page)` gives, when a page of the kind is published, what outlines say of it in every language:
    {"questions": 7, "time_limit": 35, "attempts": 3}, all optional.
    """
    _kinds[kind] = _Kind(view, facts)


def view_of(kind: str) -> KindView:
    """The view that shows activities of `kind`; KeyError where no room owns it."""
    return _kinds[kind].view


def facts_of(page: ActivityPage) -> dict[str, Any]:
    """What outlines say of an activity besides its title; empty where its kind says nothing."""
    kind = _kinds.get(page.kind)
    return dict(kind.facts(page)) if kind and kind.facts else {}
