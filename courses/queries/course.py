"""The page of one course."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Value

from content.models import Tier
from courses import rules
from courses.models import Course, CourseText, Enrolment
from courses.queries.shared import (
    Standing,
    audiences_of,
    best_text,
    current_outline,
    effective_outlines,
    listed,
    may_see,
    newest_enrolment,
    progress_by_enrolment,
    standing_of,
    texts_of,
)
from courses.rules import Condition, Outline, Progress
from people.access import Person


@dataclass(frozen=True, slots=True)
class Prerequisite:
    code: str
    title: str
    language: str
    done: bool


@dataclass(frozen=True, slots=True)
class CourseScreen:
    course: Course
    text: CourseText
    languages: list[str]
    enrolment: Enrolment | None
    outline: Outline
    standing: Standing
    conditions: list[Condition]
    demands: list[str]
    audiences: list[str]
    prerequisites: list[Prerequisite]

    @property
    def completed(self) -> bool:
        return self.enrolment is not None and self.enrolment.status == Enrolment.Status.COMPLETED

    @property
    def printed(self) -> bool:
        return self.course.tier != Tier.RESTRICTED  # which leaves no copy

    @property
    def missing(self) -> list[Prerequisite]:
        return [course for course in self.prerequisites if not course.done]


def course_screen(person: Person, code: str, *, language: str) -> CourseScreen | None:
    """The course page, for this person; None where it does not exist for them.

    SQL: 3 for people enrolled (4 where the outline has changed since), 5 for others, 4 for strangers.
    """
    texts = texts_of(code)
    enrolment = newest_enrolment(person, code) if texts else None
    text = best_text([text for text in texts if text.live] or texts, language)
    if text is None or not may_see(person, texts, enrolment):
        return None
    progress: Progress = {}
    conditions: list[Condition] = []
    audiences: list[str] = []
    prerequisites: list[Prerequisite] = []
    if enrolment is not None:
        found = progress_by_enrolment([enrolment])
        progress = found[enrolment.pk]
        outline = effective_outlines([enrolment], found)[enrolment.pk]
        conditions = rules.conditions(enrolment, outline, progress, code=code)
    else:
        outline = current_outline(text.course_id)
        audiences = listed(audiences_of([text.course_id]).get(text.course_id, ()))
        prerequisites = _prerequisites(text.course, person, language)
    completed = enrolment is not None and enrolment.status == Enrolment.Status.COMPLETED
    return CourseScreen(
        course=text.course,
        text=text,
        languages=[text.language for text in texts if text.live],
        enrolment=enrolment,
        outline=outline,
        standing=standing_of(code, text, outline, progress, completed=completed),
        conditions=conditions,
        demands=rules.demands(outline),
        audiences=audiences,
        prerequisites=prerequisites,
    )


def _prerequisites(course: Course, person: Person, language: str) -> list[Prerequisite]:
    done = Enrolment.objects.filter(
        user=person if person.is_authenticated else None,
        course=OuterRef("course"),
        status=Enrolment.Status.COMPLETED,
    )
    rows = (
        CourseText.objects.filter(course__opens=course)
        .select_related("course")
        .only("language", "title", "course__code")
        .annotate(done=Exists(done) if person.is_authenticated else Value(False))
    )
    by_code: dict[str, list[CourseText]] = {}
    for text in rows:
        by_code.setdefault(text.course.code, []).append(text)
    found = []
    for code, texts in sorted(by_code.items()):
        best = best_text(texts, language)
        if best is not None:
            found.append(Prerequisite(code, best.title, best.language, bool(getattr(best, "done", False))))
    return found
