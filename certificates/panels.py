"""What certificates adds to screens of rooms below."""

from __future__ import annotations

from django.http import HttpRequest
from django.template.loader import render_to_string

from assessments.models import Attempt
from certificates.queries import for_enrolments


def certificate_panel(request: HttpRequest, attempt: Attempt) -> str:
    """On the result of a passed assessment: the certificate it has led to. One query."""
    credential = for_enrolments([attempt.enrolment_id]).get(attempt.enrolment_id)
    if credential is None:
        return ""
    return render_to_string("certificates/_panel.html", {"credential": credential}, request)
