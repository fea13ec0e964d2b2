"""Who may see a course's page, read its steps, and enrol: the rows of the policy that are about courses."""

from __future__ import annotations

import enum
from typing import Any

from django.utils.translation import gettext as _
from wagtail.models import Page

from content.access import register_restricted
from content.models import Figure, Tier
from courses import access_cohorts
from courses.models import Course, CoursePage, Enrolment
from operations.errors import Refused
from operations.words import in_language
from people import access
from people.access import Grants, Person
from people.models import Institution, User
from people.policy import Capability, Relation


class Access(enum.Enum):
    """What a reader is answered at the address of an activity."""

    OPEN = "open"
    SIGN_IN = "sign in, and come back"
    ENROL = "the course page says how to enrol"
    CONFIRM = "somebody must first confirm that the person belongs to the audience"
    MISSING = "nothing here"


def in_audience(person: Person, course: Course) -> bool:
    """Whether somebody has confirmed that the person belongs to an audience of the course. 2 queries at most (1 for
    the person, once a request)."""
    confirmed = access.confirmed_audiences(person)
    return bool(confirmed) and course.audiences.filter(pk__in=confirmed).exists()


def sees_page(person: Person, course: Course, *, live: bool) -> bool:
    """Whether the page of a course exists for somebody who is not enrolled; `live`: it is published.

    No query for public pages; for others 2, and 2 more for people with roles.
    """
    if live and course.visibility == Course.Visibility.PUBLIC_PAGE:
        return True
    if not person.is_authenticated:
        return False
    if live and Course.objects.visible_to(person).filter(pk=course.pk).exists():
        return True
    return _by_role(person, course)


def reading(person: Person, course: Course, enrolment: Enrolment | None) -> Access:
    """Whether this person may read the steps of a course whose page exists for them.

    No query for people enrolled and for the open tier; else the person's roles, and at most 3 about the course.
    """
    if course.tier == Tier.OPEN:
        return Access.OPEN
    if not person.is_authenticated:
        return Access.SIGN_IN
    if course.tier != Tier.RESTRICTED:
        return Access.OPEN if enrolment is not None or _by_role(person, course) else Access.ENROL
    if enrolment is not None and in_audience(person, course):
        return Access.OPEN
    if _by_role(person, course):
        return Access.OPEN
    return Access.ENROL if enrolment is None else Access.CONFIRM


def _by_role(person: Person, course: Course) -> bool:
    """Whether a role opens the steps to somebody, enrolled or not."""
    capability = Capability.READ_RESTRICTED if course.tier == Tier.RESTRICTED else Capability.READ_LESSON
    return access.can(person, capability, course)


def confirmation_wanted(course: Course) -> Refused:
    """Why the course is not open yet to somebody whom nobody has confirmed to be in its audience, and what to do."""
    names = [in_language(audience.words) for audience in course.audiences.order_by("position")]
    if not names:
        return Refused(_("This course is for people who are assigned to it."), _("Ask your training manager."))
    return Refused(
        _("This course is for: %(audiences)s. Your training manager must first confirm that you belong to them.")
        % {"audiences": ", ".join(names)},
        _("Ask your training manager to confirm it, then enrol."),
    )


def may_enrol_alone(person: User, course: Course) -> None:
    """Raises Refused with the reason in words where a person may see the course, but not enrol without anybody else."""
    if course.visibility == Course.Visibility.INVITATION:
        raise Refused(_("People are invited to this course."), _("Ask your training manager."))
    needs = course.visibility == Course.Visibility.AUDIENCE or course.tier == Tier.RESTRICTED
    if needs and not in_audience(person, course):
        raise confirmation_wanted(course)


# --- what the rows of the policy mean here --------------------------------------------------------------------------


def course_of(thing: Any) -> Course | None:
    """The course that a page, an enrolment or a figure belongs to."""
    if isinstance(thing, Course):
        return thing
    if isinstance(thing, Enrolment):
        return thing.course
    if isinstance(thing, Figure):
        return Course.objects.filter(slug=thing.owner).first() if thing.owner else None
    if isinstance(thing, Page):
        above = CoursePage.objects.ancestor_of(thing, inclusive=True).select_related("course").first()
        return above.course if above else None
    return None


def _owned(person: Person, thing: Any, grants: Grants) -> bool:
    course = course_of(thing)
    branches = [grant.institution for grant in grants if grant.institution]
    return (
        course is not None
        and bool(branches)
        and Institution.objects.within(*branches).filter(code=course.owner).exists()
    )


def _enrolled(person: Person, thing: Any, grants: Grants) -> bool:
    course = course_of(thing)
    if course is None or not person.is_authenticated:
        return False
    rows = Enrolment.objects.filter(user_id=person.pk, course=course)
    return rows.exclude(status=Enrolment.Status.WITHDRAWN).exists()


def _enrolled_in_audience(person: Person, thing: Any, grants: Grants) -> bool:
    course = course_of(thing)
    return course is not None and _enrolled(person, course, grants) and in_audience(person, course)


def _sees_restricted(person: Person, figure: Figure) -> bool:
    return access.can(person, Capability.READ_RESTRICTED, figure)


def connect() -> None:
    """Fill the registries of the rooms below."""
    access_cohorts.connect()
    access.register(
        Relation.COURSE, holds=lambda person, thing, grants: access_cohorts.teaches(person, course_of(thing), grants)
    )
    access.register(Relation.INSTITUTION, holds=_owned)
    access.register(Relation.ENROLLED, holds=_enrolled)
    access.register(Relation.AUDIENCE, holds=_enrolled_in_audience)
    access.describe(Enrolment, user=lambda enrolment: enrolment.user)
    register_restricted(_sees_restricted)
