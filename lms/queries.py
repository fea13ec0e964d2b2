"""Reads that join rooms."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q

from courses.models import Course
from operations.words import language_of
from programme.models import Audience


@dataclass(frozen=True, slots=True)
class AudienceCard:
    slug: str
    name: str
    lang: str  # the language `name` is written in
    courses: int


def audiences_with_courses() -> list[AudienceCard]:
    """The audiences that the catalogue has courses for, with their number, in the programme's order. 1 query."""
    listed = Q(courses__open_for_enrolment=True) & ~Q(courses__visibility=Course.Visibility.INVITATION)
    rows = Audience.objects.annotate(number=Count("courses", filter=listed, distinct=True)).filter(number__gt=0)
    return [AudienceCard(row.slug, str(row), language_of(row.words), row.number) for row in rows.order_by("position")]
