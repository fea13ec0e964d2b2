"""What the screens of written work read: a learner's own, the queue of those who grade, how steps stand in the grid.

Session, user and roles (3) come on top of the numbers given.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.urls import reverse
from django.utils.translation import ngettext

from assessments import rubrics
from assessments.models import Assignment, Grading, Submission
from courses import kinds
from courses.access_cohorts import taught_by
from courses.models import (
    ActivityPage,
    Cohort,
    CohortCourse,
    CohortMember,
    Course,
    CoursePage,
    CourseText,
    Enrolment,
)
from courses.queries import best_text
from courses.waiting import Waiting
from operations.folding import fold
from people import access
from people.access import Person
from people.models import User
from people.names import shown_names
from people.policy import Capability

PER_PAGE = 30


# --- the learner's own ----------------------------------------------------------------------------------------------


def assignment_of(key: UUID) -> Assignment | None:
    """The written work behind an activity. 1 query."""
    return Assignment.objects.filter(key=key).first()


def course_of(page: ActivityPage) -> Course | None:
    """The course that a page stands in. 1 query."""
    above = CoursePage.objects.ancestor_of(page).select_related("course").first()
    return above.course if above else None


def submissions_of(enrolment: Enrolment, assignment: Assignment) -> list[Submission]:
    """What somebody has written for this step, the newest first, with the gradings given. 2 queries."""
    given = Grading.objects.filter(status=Grading.Status.GIVEN).order_by("-given")
    rows = Submission.objects.filter(enrolment=enrolment, assignment=assignment).select_related("rubric")
    return list(rows.prefetch_related(Prefetch("gradings", given, to_attr="given")).order_by("-number"))


@dataclass(frozen=True, slots=True)
class Judged:
    """A criterion with what was given for it."""

    criterion: rubrics.Criterion
    level: rubrics.Level | None
    comment: str

    @property
    def value(self) -> int | None:
        return self.level.value if self.level else None


def judged(rubric: rubrics.RubricView, grading: Grading | None) -> list[Judged]:
    """Pure: the criteria in order."""
    scores: Mapping[str, Any] = grading.scores if grading else {}
    found = []
    for one in rubric.criteria:
        said = scores.get(one.slug, {})
        level = next((level for level in one.levels if level.value == said.get("level")), None)
        found.append(Judged(one, level, said.get("comment", "")))
    return found


def work_for(person: User, id: UUID) -> Submission | None:
    """A submission for the person who wrote it, or who may grade it; None for everybody else. At most 8 queries."""
    rows = Submission.objects.select_related("assignment", "enrolment__course", "enrolment__user")
    found = rows.filter(pk=id).first()
    if found is None or found.enrolment.user_id == person.pk:
        return found
    waits = found.status != Submission.Status.DRAFT
    return found if waits and access.can(person, Capability.GRADE, found.enrolment) else None


# --- the queue ------------------------------------------------------------------------------------------------------


def gradable(viewer: Person) -> QuerySet[Submission]:
    """What was handed in by people whom the viewer teaches the course by a cohort, and may grade. Lazy, but for
    where the viewer belongs (1 query)."""
    taught = CohortMember.objects.filter(
        left=None,
        user=OuterRef("enrolment__user"),
        cohort__in=taught_by(viewer),
        cohort__courses__course=OuterRef("enrolment__course"),
    )
    return (
        Submission.objects.exclude(status=Submission.Status.DRAFT)
        .exclude(enrolment__status=Enrolment.Status.WITHDRAWN)
        .exclude(enrolment__user=viewer.pk or 0)
        .filter(Exists(taught), enrolment__user__in=access.people_for(viewer, Capability.GRADE).values("pk"))
    )


def submission_for(id: UUID) -> Submission | None:
    """A submission that was handed in, with what its page shows. 1 query."""
    rows = Submission.objects.exclude(status=Submission.Status.DRAFT)
    related = ("assignment", "rubric", "reader", "enrolment__course", "enrolment__user")
    return rows.filter(pk=id).select_related(*related).first()


@dataclass(frozen=True, slots=True)
class Line:
    submission: Submission
    name: str
    step: str
    language: str  # of `step`
    cohorts: list[str]
    reader: str  # who reads it at present
    mine: bool


@dataclass(frozen=True, slots=True)
class Queue:
    lines: list[Line]
    page: Page[Any]
    courses: list[str]  # codes
    cohorts: list[Cohort]


def queue(
    viewer: User,
    *,
    language: str,
    course: str = "",
    cohort: str = "",
    query: str = "",
    graded: bool = False,
    page: int = 1,
) -> Queue:
    """What waits for the viewer, the oldest first; or what is graded, the newest first.

    8 queries however much waits, 2 more where a name is searched for, 2 more for protected people.
    """
    taken = list(CohortCourse.objects.filter(cohort__in=taught_by(viewer)).select_related("cohort", "course"))
    cohorts = {row.cohort_id: row.cohort for row in taken}
    rows = gradable(viewer)
    if graded:
        rows = rows.filter(status=Submission.Status.GRADED).order_by("-submitted", "pk")
    else:
        rows = rows.filter(status=Submission.Status.HANDED_IN).order_by("submitted", "pk")
    if course:
        rows = rows.filter(enrolment__course__code=course)
    if cohort:
        chosen = [pk for pk in cohorts if str(pk) == cohort]
        rows = rows.filter(_members_among(chosen))
    if wanted := fold(query):
        rows = rows.filter(pk__in=_named(rows, wanted, viewer))
    rows = rows.defer("text").select_related("assignment", "reader", "enrolment__course", "enrolment__user")
    shown = Paginator(rows, PER_PAGE).get_page(page)
    return Queue(
        _lines(list(shown.object_list), viewer, language, cohorts),
        shown,
        sorted({row.course.code for row in taken}),
        sorted(cohorts.values(), key=lambda one: fold(one.name)),
    )


def _members_among(cohorts: Collection[UUID]) -> Exists:
    """Whose course is taken by one of these cohorts, with its writer among the members."""
    return Exists(
        CohortMember.objects.filter(
            left=None,
            cohort__in=list(cohorts),
            user=OuterRef("enrolment__user"),
            cohort__courses__course=OuterRef("enrolment__course"),
        )
    )


def _named(rows: QuerySet[Submission], wanted: str, viewer: User) -> list[UUID]:
    """Those whose writer is called so, as the viewer reads the name."""
    found = list(rows.select_related("enrolment__user").only("pk", "enrolment__user"))
    names = shown_names([row.enrolment.user for row in found], viewer)
    return [row.pk for row in found if wanted in fold(names.get(row.enrolment.user_id or 0, ""))]


def _lines(rows: Sequence[Submission], viewer: User, language: str, cohorts: Mapping[UUID, Cohort]) -> list[Line]:
    names = shown_names([*(row.enrolment.user for row in rows), *(row.reader for row in rows)], viewer)
    steps = titles_of({row.enrolment.course_id for row in rows}, language)
    places: dict[int | None, set[UUID]] = {}
    people = [row.enrolment.user_id for row in rows]
    for member in CohortMember.objects.filter(left=None, cohort__in=list(cohorts), user__in=people):
        places.setdefault(member.user_id, set()).add(member.cohort_id)
    found = []
    for row in rows:
        text = steps.get(row.enrolment.course_id)
        found.append(
            Line(
                row,
                names.get(row.enrolment.user_id or 0, "–"),
                text.titles.get(str(row.assignment.key), "") if text else "",
                text.language if text else "",
                sorted(cohorts[pk].name for pk in places.get(row.enrolment.user_id, ())),
                names.get(row.reader_id or 0, ""),
                row.reader_id == viewer.pk,
            )
        )
    return found


def titles_of(courses: Iterable[int], language: str) -> dict[int, CourseText]:
    """The words of each course in the language, with the titles of its steps. 1 query."""
    texts: dict[int, list[CourseText]] = {}
    for text in CourseText.objects.filter(course__in=list(courses)).only("course_id", "language", "title", "titles"):
        texts.setdefault(text.course_id, []).append(text)
    return {pk: best for pk, several in texts.items() if (best := best_text(several, language)) is not None}


# --- what is told to the room of courses ----------------------------------------------------------------------------


def waiting(viewer: Person, cohort: Cohort) -> Waiting | None:
    """How much of a cohort's work waits for the viewer. 2 queries."""
    if not access.can(viewer, Capability.GRADE):
        return None
    rows = gradable(viewer).filter(_members_among([cohort.pk]), status=Submission.Status.HANDED_IN)
    number = rows.count()
    if not number:
        return None
    sentence = ngettext("%(count)d submission waits for grading.", "%(count)d submissions wait for grading.", number)
    return Waiting(sentence % {"count": number}, f"{reverse('grading-queue')}?cohort={cohort.pk}")


def marks(enrolments: Collection[UUID]) -> dict[kinds.Place, str]:
    """How written work stands that is not sufficient yet. 1 query."""
    rows = Submission.objects.filter(enrolment__in=list(enrolments)).order_by("number")
    found: dict[kinds.Place, str] = {}
    for enrolment, key, status in rows.values_list("enrolment", "assignment__key", "status"):
        if status == Submission.Status.HANDED_IN:
            found[enrolment, key] = kinds.WAITS
        elif status == Submission.Status.GRADED:
            found[enrolment, key] = kinds.NOT_YET
    return found
