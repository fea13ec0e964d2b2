"""What this room shows of a person on the manager's desk: courses, how they stand, and their final result. Never an
answer to a question."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import get_language

from courses.models import CourseText, Enrolment
from courses.queries import best_text
from people.access import Person
from people.models import User
from people.panels import Detail


def of_person(person: User, viewer: Person, detail: Detail) -> Mapping[str, Any] | None:
    """The person's enrolments, the newest first, where the viewer may see results. 2 queries."""
    if detail is not Detail.RESULTS:
        return None
    enrolments = list(Enrolment.objects.filter(user=person).select_related("course").order_by("-created"))
    texts: dict[int, list[CourseText]] = {}
    for text in CourseText.objects.filter(course__in={row.course_id for row in enrolments}).only(
        "course_id", "language", "title"
    ):
        texts.setdefault(text.course_id, []).append(text)
    language = get_language() or ""
    return {"rows": [(row, best_text(texts.get(row.course_id, ()), language)) for row in enrolments]}
