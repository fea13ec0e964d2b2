"""When a page of written work is published in the site's own language, its facts become the rules that learners' screens
and grading read."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from wagtail.models import Page
from wagtail.signals import page_published

from assessments.models import AssignmentPage
from assessments.queries.written import course_of
from assessments.services.assignments import store_assignment


def _published(sender: type[Page], instance: Page, **kwargs: Any) -> None:
    if isinstance(instance, AssignmentPage) and instance.locale.language_code == settings.LANGUAGE_CODE:
        course = course_of(instance)
        if course is not None:
            store_assignment(page=instance, course=course)


def connect() -> None:
    """Called once, from `AppConfig.ready`."""
    page_published.connect(_published, dispatch_uid="assessments.publishing")
