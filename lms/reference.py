"""Reads that join the programme and the norms with the courses."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import get_language

from content.models import Norm
from courses.models import Activity, ActivityText, Course, CourseText
from people.access import Person


@dataclass(frozen=True, slots=True)
class CourseName:
    """A course as a link: code, title and the language the title is in."""

    code: str
    title: str
    lang: str


@dataclass(frozen=True, slots=True)
class LessonName:
    """A lesson as a link."""

    course: CourseName
    ref: str
    title: str
    lang: str


def _languages() -> list[str]:
    """The interface language, then the site's."""
    return list(dict.fromkeys([get_language() or settings.LANGUAGE_CODE, settings.LANGUAGE_CODE]))


def _names(courses: list[Course]) -> dict[int, CourseName]:
    """Published titles of courses by the course's id, in the nearest language. One query."""
    languages = _languages()
    titles: dict[int, dict[str, str]] = defaultdict(dict)
    rows = CourseText.objects.filter(course__in=courses, language__in=languages, live=True)
    for pk, code, title in rows.values_list("course_id", "language", "title"):
        titles[pk][code] = title
    names = {}
    for course in courses:
        language = next((code for code in languages if code in titles[course.pk]), None)
        if language:
            names[course.pk] = CourseName(course.code, titles[course.pk][language], language)
    return names


def courses_of_cells(person: Person) -> dict[tuple[str, str], list[CourseName]]:
    """The courses that serve each cell (priority, domain) of the programme, as far as `person` may see their pages.
    Three queries."""
    courses = list(Course.objects.visible_to(person).prefetch_related("priorities").order_by("code"))
    names = _names(courses)
    cells: dict[tuple[str, str], list[CourseName]] = defaultdict(list)
    for course in courses:
        if course.pk in names:
            for priority in course.priorities.all():
                cells[priority.pk, course.domain_id].append(names[course.pk])
    return cells


def lessons_on(norm: Norm, person: Person) -> list[LessonName]:
    """The lessons that rest on a norm, in the order of courses and outlines, in the nearest language, as far as
    `person` may see their course. Four queries at most."""
    languages = _languages()
    rows = ActivityText.objects.filter(
        language__in=languages,
        facts__norms__icontains=f'"{norm.slug}"',  # narrows; what it finds is looked at below
        course__in=Course.objects.visible_to(person),
    ).only("key", "language", "title", "facts", "course")
    texts: dict[object, dict[str, ActivityText]] = defaultdict(dict)
    for row in rows:
        if any(entry.get("slug") == norm.slug for entry in row.facts.get("norms", [])):
            texts[row.key][row.language] = row
    if not texts:
        return []
    activities = Activity.objects.filter(key__in=list(texts), retired=False).select_related("course")
    listed = list(activities.order_by("course__code", "position"))
    names = _names([activity.course for activity in listed])
    found = []
    for activity in listed:
        written = texts[activity.key]
        text = next(written[code] for code in languages if code in written)
        if activity.course_id in names:
            found.append(LessonName(names[activity.course_id], activity.ref, text.title, text.language))
    return found
