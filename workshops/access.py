"""What the rows of the policy mean for workshops: who teaches, whom, and where a workshop lies."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from courses.models import Course
from people import access
from people.access import Grants, Person
from people.models import User
from people.policy import Relation
from workshops.models import Facilitator, Observation, Registration, Session, Workshop


def workshop_of(thing: Any) -> Workshop | None:
    """The workshop that a session, a registration or an observation belongs to."""
    if isinstance(thing, Workshop):
        return thing
    if isinstance(thing, Session | Registration | Observation):
        return thing.workshop
    return None


def is_facilitator(person: Person, workshop: Workshop) -> bool:
    """Whether the person leads or co-facilitates the workshop. 1 query."""
    return person.is_authenticated and Facilitator.objects.filter(workshop=workshop, user_id=person.pk).exists()


def taught_by(person: Person) -> QuerySet[Workshop]:
    """The workshops that a person leads or co-facilitates, cancelled ones apart. Lazy."""
    return Workshop.objects.filter(facilitators__user_id=person.pk or 0).exclude(status=Workshop.Status.CANCELLED)


def _teaches(person: Person, thing: Any, grants: Grants) -> bool:
    if not person.is_authenticated:
        return False
    if isinstance(thing, User):
        return _taught(person, grants).filter(pk=thing.pk).exists()
    workshop = workshop_of(thing)
    return workshop is not None and is_facilitator(person, workshop)


def _taught(person: Person, grants: Grants) -> QuerySet[User]:
    expected = Q(registrations__workshop__in=taught_by(person), registrations__state__in=Registration.EXPECTED)
    return User.objects.filter(expected).distinct()


def _runs_today(person: Person, thing: Any, grants: Grants) -> bool:
    if not person.is_authenticated or not isinstance(thing, User):
        return False
    return _in_a_running_workshop(person, grants).filter(pk=thing.pk).exists()


def _in_a_running_workshop(person: Person, grants: Grants) -> QuerySet[User]:
    today = timezone.localdate()
    running = taught_by(person).filter(starts__lte=today, ends__gte=today, closed_at__isnull=True)
    expected = Q(registrations__workshop__in=running, registrations__state__in=Registration.EXPECTED)
    return User.objects.filter(expected).distinct()


def _teaches_course(person: Person, thing: Any, grants: Grants) -> bool:
    return (
        isinstance(thing, Course) and person.is_authenticated and taught_by(person).filter(course_id=thing.pk).exists()
    )


def connect() -> None:
    """Fill the registries of the rooms below; called once, from `AppConfig.ready`."""
    access.register(Relation.COHORT, holds=_teaches, queryset=_taught)
    access.register(Relation.RUNNING, holds=_runs_today, queryset=_in_a_running_workshop)
    access.register(Relation.COURSE, holds=_teaches_course)
    access.describe(Workshop, place=lambda workshop: workshop.organiser)
    access.describe(Session, place=lambda session: session.workshop.organiser)
    access.describe(Registration, user=lambda row: row.user, place=lambda row: row.workshop.organiser)
    access.describe(Observation, user=lambda row: row.trainer)
