"""What the authoring desk may not do to pages that learners stand on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from wagtail import hooks
from wagtail.models import Page

from courses.models import CoursePage, Enrolment, OutlineVersion


def pinned(pages: Iterable[Page]) -> bool:
    """Whether one of these pages, or a page below them, is a step of an outline that somebody is enrolled on.

    Only pages in the site's own language hold an outline; a translation can go, its readers then see the source.
    """
    for page in pages:
        if page.locale.language_code != settings.LANGUAGE_CODE:
            continue
        above = CoursePage.objects.ancestor_of(page, inclusive=True).values("course")
        below = CoursePage.objects.descendant_of(page, inclusive=True).values("course")
        if Enrolment.objects.filter(course__in=below).exists():
            return True
        keys = {str(key) for key in page.get_descendants(inclusive=True).values_list("translation_key", flat=True)}
        versions = OutlineVersion.objects.filter(course__in=above, enrolments__isnull=False).distinct()
        for version in versions:
            entries = [*version.outline["final"], *(e for m in version.outline["modules"] for e in m["activities"])]
            if any(entry["key"] in keys for entry in entries):
                return True
    return False


def _refuse(request: HttpRequest, page: Page) -> HttpResponse:
    messages.error(
        request,
        _(
            "This page belongs to a course that people are taking, so it cannot be deleted. "
            "Unpublish it instead: it then disappears for new enrolments, and nobody loses what they have done."
        ),
    )
    parent = page.get_parent()
    return redirect("wagtailadmin_explore", parent.pk if parent else page.pk)


@hooks.register("before_delete_page")
def keep_pinned_pages(request: HttpRequest, page: Page) -> HttpResponse | None:
    return _refuse(request, page) if pinned([page]) else None


@hooks.register("before_bulk_action")
def keep_pinned_pages_in_bulk(
    request: HttpRequest, action_type: str, objects: Iterable[Any], action_class_instance: Any
) -> HttpResponse | None:
    pages = [found for found in objects if isinstance(found, Page)]
    return _refuse(request, pages[0]) if action_type == "delete" and pages and pinned(pages) else None
