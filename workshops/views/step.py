"""The workshop as a step of a course: what it is, which workshops there are, how to get in, attendance so far."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from content.markdown import typeset
from courses import rules
from courses.kinds import ActivityContext
from courses.models import ActivityPage, Enrolment
from courses.queries import neighbours, standing_of
from people.access import signed_in
from workshops.models import WorkshopPage
from workshops.queries.step import StepScreen, step_screen


def facts(page: ActivityPage) -> Mapping[str, Any]:
    """What outlines say of a workshop: its author's words about it."""
    if not isinstance(page, WorkshopPage) or not page.summary:
        return {}
    return {"summary": typeset(page.summary, lang=page.locale.language_code)}


@require_safe
def workshop(request: HttpRequest, context: ActivityContext) -> HttpResponse:
    """The step, for people enrolled with the workshops of the course. SQL: 4, on top of what found the activity."""
    enrolment = context.enrolment
    completed = enrolment is not None and enrolment.status == Enrolment.Status.COMPLETED
    key = context.activity["key"]
    standing = standing_of(context.course.code, context.text, context.outline, context.progress, completed=completed)
    row = context.progress.get(rules.key_of(context.activity))
    return render(
        request,
        "workshops/step.html",
        {
            "course": context.course,
            "text": context.text,
            "title": context.text.titles.get(key, ""),
            "summary": context.text.facts.get(key, {}).get("summary", ""),
            "minutes": context.activity["minutes"],
            "required": context.activity["required"],
            "enrolled": enrolment is not None,
            "finished": rules.finished(context.progress, context.activity),
            "finished_at": row.completed_at if row else None,
            "screen": step_screen(signed_in(request), context.course.pk) if enrolment is not None else StepScreen(),
            "place": neighbours(standing, context.activity["ref"]),
            "today": timezone.localdate(),
        },
    )
