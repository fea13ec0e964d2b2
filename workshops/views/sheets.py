"""Signed pages that are filed: the list, and each as a download."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from operations.errors import Refused
from people import access
from people.policy import Capability
from workshops import services
from workshops.models import Workshop
from workshops.queries.attendance import sheets_of
from workshops.views.planning import form_page
from workshops.views.shared import workshop_for

KINDS = {"pdf": "application/pdf", "jpg": "image/jpeg", "png": "image/png"}


@require_safe
def sheets(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The signed pages of a workshop, for those who manage it."""
    return _list(request, workshop_for(request, pk, Capability.MANAGE_COHORTS))


def _list(request: HttpRequest, workshop: Workshop, refusal: Refused | None = None) -> HttpResponse:
    person = access.signed_in(request)
    context = {
        "workshop": workshop,
        "rows": sheets_of(workshop, person),
        "asks_reason": access.needs_reason(person, Capability.NAME_OF_PROTECTED, workshop),
        "refusal": refusal,
    }
    return render(request, "workshops/sheets.html", context, status=422 if refusal else 200)


@form_page
def sheet_file(request: HttpRequest, pk: UUID, sheet: int) -> HttpResponse:
    """One page, always a download; a protected one only for who may read those names, who may have to say why (POST)."""
    workshop = workshop_for(request, pk, Capability.MANAGE_COHORTS)
    person = access.signed_in(request)
    row = get_object_or_404(sheets_of(workshop, person), pk=sheet)
    try:
        content = services.look_at_sheet(sheet=row, actor=person, reason=request.POST.get("reason", ""))
    except Refused as refusal:
        return _list(request, workshop, refusal)
    ending = str(row.file.name).rpartition(".")[2]
    response = HttpResponse(content, content_type=KINDS.get(ending, "application/octet-stream"))
    name = f"{workshop.code}-{row.session.day.isoformat()}-{row.pk}.{ending}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response
