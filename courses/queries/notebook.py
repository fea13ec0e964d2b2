"""A person's own notes."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.db.models import F, OuterRef, Subquery
from django.urls import reverse

from courses.models import Activity, Course, CourseText, Note
from courses.queries.shared import (
    best_text,
)
from people.access import Person


@dataclass(frozen=True, slots=True)
class NotePage:
    """One note with the lesson it belongs to."""

    note: Note
    lesson: str
    language: str
    url: str


@dataclass(frozen=True, slots=True)
class NotebookCourse:
    course: Course
    title: str
    language: str
    notes: list[NotePage]


def notebook_of(person: Person, *, language: str) -> list[NotebookCourse]:
    """All notes of a person by course, in the order in which lessons come. SQL: 2, 1 without notes."""
    place = Activity.objects.filter(key=OuterRef("activity")).values("position")[:1]
    notes = list(
        Note.objects.filter(user_id=person.pk or 0)
        .select_related("course")
        .annotate(place=Subquery(place))
        .order_by("course__code", F("place").asc(nulls_last=True), "pk")
    )
    if not notes:
        return []
    texts: dict[int, list[CourseText]] = {}
    for text in CourseText.objects.filter(course__in={note.course_id for note in notes}).only(
        "course_id", "language", "title", "titles"
    ):
        texts.setdefault(text.course_id, []).append(text)
    found: dict[int, NotebookCourse] = {}
    for note in notes:
        best = best_text(texts.get(note.course_id, ()), language)
        title = best.title if best else note.course.code
        spoken = best.language if best else settings.LANGUAGE_CODE
        entry = found.setdefault(note.course_id, NotebookCourse(note.course, title, spoken, []))
        lesson = best.titles.get(str(note.activity), "") if best else ""
        url = reverse("activity", args=[note.course.code, note.activity.hex[:8]])
        entry.notes.append(NotePage(note, lesson, spoken, f"{url}#b-{note.block.split('-')[0]}"))
    return list(found.values())


def note_for(person: Person, pk: int) -> Note | None:
    """A person's own note; None for everybody else, administrators included."""
    return Note.objects.filter(user_id=person.pk or 0, pk=pk).select_related("course").first()
