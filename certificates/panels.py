"""What certificates adds to screens of rooms below."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string

from assessments.models import Attempt
from certificates.models import Credential
from certificates.queries import for_enrolments, for_user, title_of, trainer_among
from people.access import Person
from people.models import User
from people.panels import Detail


def certificate_panel(request: HttpRequest, attempt: Attempt) -> str:
    """On the result of a passed assessment: the certificate it has led to. One query."""
    credential = for_enrolments([attempt.enrolment_id]).get(attempt.enrolment_id)
    if credential is None:
        return ""
    return render_to_string("certificates/_panel.html", {"credential": credential}, request)


def of_person(person: User, viewer: Person, detail: Detail) -> Mapping[str, Any]:
    """What the manager's desk shows: the person's certificates and whether they make a certified trainer, or only whether there is
    a valid one. 1 query."""
    credentials = for_user(person)
    if detail is not Detail.RESULTS:
        valid = any(
            credential.standing == Credential.Standing.VALID and credential.kind != Credential.Kind.ATTENDANCE
            for credential in credentials
        )
        return {"certified_only": True, "certified": valid}
    return {
        "rows": [(credential, title_of(credential)) for credential in credentials],
        "trainer": trainer_among(credentials),
    }
