"""Small cohorts, led by Issa of the prison administration."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone

from courses.models import Cohort, CohortMember, Course
from courses.services import cohorts as services
from people.models import Institution, User


def make_cohort(issa: User, *courses: Course, members: list[User] = (), due: dt.date | None = None, **fields: Any):
    """A cohort of the administration that takes these courses."""
    cohort = services.create_cohort(
        actor=User.objects.get(pk=issa.pk),
        name=fields.pop("name", "Groupe d'essai"),
        institution=Institution.objects.get(code=fields.pop("institution", "dnapes")),
        language="fr",
        starts=fields.pop("starts", timezone.localdate()),
        **fields,
    )
    for course in courses:
        services.add_course(cohort=cohort, course=course, actor=User.objects.get(pk=issa.pk), due=due)
    if members:
        services.add_members(cohort=cohort, logins=[person.username for person in members], actor=None)
    return cohort


def row_of(cohort: Cohort, person: User) -> CohortMember:
    return cohort.members.get(user=person, left=None)
