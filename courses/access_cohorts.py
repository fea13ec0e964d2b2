"""What the rows of the policy mean for cohorts: who leads one, whom that reaches, and which courses are taught by it."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from content.models import Tier
from courses.models import (
    Announcement,
    Cohort,
    CohortCourse,
    CohortInstructor,
    CohortMember,
    Course,
    Enrolment,
    LessonQuestion,
)
from people import access
from people.access import Grants, Person
from people.models import Role, User
from people.policy import Relation


def cohort_of(thing: Any) -> Cohort | None:
    """The cohort that a thing belongs to."""
    if isinstance(thing, Cohort):
        return thing
    if isinstance(thing, CohortMember | CohortCourse | CohortInstructor | Announcement | LessonQuestion):
        return thing.cohort
    return None


def leads(person: Person, cohort: Cohort) -> bool:
    """Whether the person is one of the cohort's instructors today. 1 query, none where the cohort was read for this
    person (`queries.cohorts.cohort_for`)."""
    asked, answer = getattr(cohort, "led", (None, False))
    if person.pk is not None and asked == person.pk:
        return bool(answer)
    return Cohort.objects.led_by(person.pk).filter(pk=cohort.pk).exists()


def taught_by(person: Person) -> QuerySet[Cohort]:
    """The cohorts by which the person teaches: those they lead that are not put away. Lazy."""
    return Cohort.objects.open().led_by(person.pk)


def members_of(person: Person) -> QuerySet[User]:
    """The members, today, of the cohorts that the person leads; never the person. Lazy."""
    rows = CohortMember.objects.filter(left=None, cohort__in=taught_by(person))
    return User.objects.filter(pk__in=rows.values("user")).exclude(pk=person.pk or 0)


def teachable(person: User | None) -> QuerySet[Course]:
    """The courses that a person may let a cohort of theirs take, and so teach: those whose page they see; of the
    restricted tier, only while they are cleared. The machine (None) may all. Lazy."""
    if person is None or access.is_administrator(person):
        return Course.objects.all()
    found = Course.objects.visible_to(person)
    return found if access.is_cleared(person) else found.exclude(tier=Tier.RESTRICTED)


def _teaching(person: Person, grants: Grants) -> bool:
    return person.is_authenticated and any(grant.role == Role.INSTRUCTOR for grant in grants)


def _own(person: Person, thing: Any, grants: Grants) -> bool:
    """Of an enrolment: in a course that the person's cohort takes; what else somebody learns is not told."""
    if not _teaching(person, grants):
        return False
    if isinstance(thing, User):
        return members_of(person).filter(pk=thing.pk).exists()
    if isinstance(thing, Enrolment):
        rows = CohortMember.objects.filter(left=None, user=thing.user_id, cohort__in=taught_by(person))
        return thing.user_id != person.pk and rows.filter(cohort__courses__course=thing.course_id).exists()
    cohort = cohort_of(thing)
    return cohort is not None and leads(person, cohort)


def _reached(person: Person, grants: Grants) -> QuerySet[User]:
    return members_of(person) if _teaching(person, grants) else User.objects.none()


def teaches(person: Person, course: Course | None, grants: Grants) -> bool:
    """Whether a cohort of the person's takes the course. 1 query for instructors."""
    if course is None or not _teaching(person, grants):
        return False
    return CohortCourse.objects.filter(course=course, cohort__in=taught_by(person)).exists()


def connect() -> None:
    """Fill the registry of the room of people; called by `courses.access.connect`."""
    access.register(Relation.COHORT, holds=_own, queryset=_reached)
    access.describe(Cohort, place=lambda cohort: cohort.institution)
    for model in (CohortMember, CohortCourse, CohortInstructor, Announcement, LessonQuestion):
        access.describe(model, place=lambda row: row.cohort.institution)
