"""What this room adds to the manager's desk."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext as _

from content.models import ErrorReport
from people import access
from people.access import Person
from people.models import Institution
from people.panels import Attention
from people.policy import Capability


def open_reports(viewer: Person, institutions: Sequence[Institution] | None) -> Attention | None:
    """Readers' reports that wait for an answer, for those who handle them. 1 query."""
    if not access.can(viewer, Capability.HANDLE_ERROR_REPORTS):
        return None
    reports = ErrorReport.objects.filter(status=ErrorReport.Status.NEW)
    if institutions is not None:
        reports = reports.filter(owner__in=[institution.code for institution in institutions])
    return Attention(
        _("Reports of errors from readers"), reports.count(), reverse("wagtailsnippets_content_errorreport:list")
    )
