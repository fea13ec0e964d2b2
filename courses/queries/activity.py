"""The steps of a course: who may read them, and their words."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db.models import Case, IntegerField, QuerySet, Value, When

from courses import rules
from courses.access import Access, reading
from courses.kinds import ActivityContext
from courses.models import ActivityText, Note
from courses.queries.shared import (
    ModuleLine,
    Standing,
    StepLine,
    best_text,
    current_outline,
    effective_outlines,
    may_see,
    newest_enrolment,
    progress_by_enrolment,
    texts_of,
)
from courses.rules import Progress
from operations.prepared import Prepared
from people.access import Person


def activity_context(person: Person, code: str, ref: str, *, language: str) -> tuple[Access, ActivityContext | None]:
    """What stands at `/c/<code>/<ref>/` for this person. The context comes with OPEN only.

    SQL: 3 for people enrolled (4 where the outline has changed since), 2 for strangers, and for the others what
    `courses.access.reading` says.
    """
    texts = texts_of(code)
    enrolment = newest_enrolment(person, code, in_cohort=True) if texts else None
    text = best_text([text for text in texts if text.live] or texts, language)
    if text is None:
        return Access.MISSING, None
    if not may_see(person, texts, enrolment):
        return Access.MISSING, None
    course = text.course
    progress: Progress = {}
    if enrolment is not None:
        found = progress_by_enrolment([enrolment])
        progress = found[enrolment.pk]
        outline = effective_outlines([enrolment], found)[enrolment.pk]
        if rules.find(outline, ref=ref) is None:
            outline = enrolment.outline.outline  # retired, but still there to be read
    else:
        outline = current_outline(course.pk)
    entry = rules.find(outline, ref=ref)
    if entry is None:
        return Access.MISSING, None
    access = reading(person, course, enrolment)
    if access is not Access.OPEN:
        return access, None
    return Access.OPEN, ActivityContext(
        course=course, text=text, outline=outline, activity=entry, enrolment=enrolment, progress=progress
    )


def activity_text(key: UUID, language: str) -> ActivityText | None:
    """The words of a step in `language`, else in the site's, else in any. One query."""
    return _text.first(key, language)


def _preferred(texts: QuerySet[ActivityText], language: str) -> QuerySet[ActivityText]:
    return texts.annotate(
        preference=Case(
            When(language=language, then=Value(0)),
            When(language=settings.LANGUAGE_CODE, then=Value(1)),
            default=Value(2),
            output_field=IntegerField(),
        )
    ).order_by("preference", "language")


_text = Prepared(lambda key, language: _preferred(ActivityText.objects.filter(key=key), language)[:1], UUID, str)


def lesson_texts(keys: Collection[UUID], language: str) -> dict[UUID, ActivityText]:
    """The words of several steps, as `activity_text` chooses them. One query."""
    found: dict[UUID, ActivityText] = {}
    for text in _preferred(ActivityText.objects.filter(key__in=keys), language):
        found.setdefault(text.key, text)
    return found


def notes_of(person: Person, activity: UUID) -> dict[str, Note]:
    """A person's own notes in one lesson, by block. One query; none for strangers."""
    if not person.is_authenticated:
        return {}
    return {note.block: note for note in _notes(person.pk, activity)}


_notes = Prepared(lambda person, activity: Note.objects.filter(user=person, activity=activity), int, UUID)


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Where a step stands: the module and the steps around it."""

    module: ModuleLine | None
    step: StepLine
    previous: StepLine | None
    following: StepLine | None


def neighbours(standing: Standing, ref: str) -> Neighbours | None:
    """Pure: the place of a step in the outline."""
    steps = standing.steps
    for position, step in enumerate(steps):
        if step.ref == ref:
            module = next((module for module in standing.modules if step in module.steps), None)
            return Neighbours(
                module=module,
                step=step,
                previous=steps[position - 1] if position else None,
                following=steps[position + 1] if position + 1 < len(steps) else None,
            )
    return None
