"""The report of a workshop: on screen, as PDF and as XLSX."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from people import access
from people.policy import Capability
from workshops import report_paper
from workshops.queries.report import report_of
from workshops.services.outcomes import note_names
from workshops.views.shared import crumbs, workshop_for

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_safe
def report(request: HttpRequest, id: UUID) -> HttpResponse:
    """The figures as they may leave the desk, and the files; annexes are chosen one by one."""
    workshop = workshop_for(request, id, Capability.SEE_COHORTS)
    found = report_paper.sections_of(report_of(workshop))
    context = {
        "workshop": workshop,
        "sections": [
            {"section": one, "rows": [[report_paper.shown(value) for value in row] for row in one.rows]}
            for one in found
        ],
        "annexes": report_paper.ANNEXES.items(),
        "may_change": access.can(access.signed_in(request), Capability.MANAGE_COHORTS, workshop),
        "crumbs": crumbs(workshop),
    }
    return render(request, "workshops/report.html", context)


@require_safe
def report_file(request: HttpRequest, id: UUID) -> HttpResponse:
    """The file, with the annexes that were asked for (`?annex=…`); PDF, or XLSX with `?kind=xlsx`."""
    workshop = workshop_for(request, id, Capability.SEE_COHORTS)
    annexes = set(request.GET.getlist("annex")) & set(report_paper.ANNEXES)
    if "list" in annexes:
        note_names(workshop=workshop, actor=access.signed_in(request))
    if request.GET.get("kind") == "xlsx":
        content, kind, ending = report_paper.render_xlsx(workshop, annexes=annexes), XLSX, "xlsx"
    else:
        content, kind, ending = report_paper.render_pdf(workshop, annexes=annexes), "application/pdf", "pdf"
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{workshop.code}.{ending}"'
    response["Cache-Control"] = "no-store"
    return response
