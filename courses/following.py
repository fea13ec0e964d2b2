"""What follows when somebody has completed a course: their cohorts' next courses open to them."""

from __future__ import annotations

from typing import Any

from courses.models import Enrolment
from courses.services.cohorts import enrol_next
from courses.signals import course_completed


def _completed(sender: Any, enrolment: Enrolment, **kwargs: Any) -> None:
    if enrolment.user is not None:
        enrol_next(user=enrolment.user)


def connect() -> None:
    """Called once, from `AppConfig.ready`."""
    course_completed.connect(_completed, dispatch_uid="courses.following")
