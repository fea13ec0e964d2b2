from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.models import Page

from courses.models import ActivityPage
from courses.rules import ATTENDED


class WorkshopPage(ActivityPage):
    """A workshop as a step of a course, in one language: whoever attends a workshop of the course completes it. Which
    workshops there are, when and where, is planned elsewhere (`Workshop`). No personal data."""

    kind = "workshop"
    rule = ATTENDED

    summary = models.TextField(_("summary"), blank=True)

    content_panels = [*Page.content_panels, FieldPanel("summary"), FieldPanel("minutes"), FieldPanel("required")]
    parent_page_types = ["courses.ModulePage", "courses.CoursePage"]
    subpage_types: list[str] = []

    class Meta:
        verbose_name = _("workshop of the course")
