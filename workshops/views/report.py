"""The report of a workshop: on screen, as PDF and as XLSX."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from operations.errors import Refused
from people import access
from people.policy import Capability
from workshops import report_paper
from workshops.models import Sheet, Workshop
from workshops.queries.attendance import sheets_of
from workshops.queries.report import report_of
from workshops.services.outcomes import note_names
from workshops.signed_pages import is_picture
from workshops.views.shared import crumbs, workshop_for

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_safe
def report(request: HttpRequest, id: UUID) -> HttpResponse:
    """The figures as they may leave the desk, and the files; annexes are chosen one by one."""
    return _screen(request, workshop_for(request, id, Capability.SEE_COHORTS))


def _screen(request: HttpRequest, workshop: Workshop, refusal: Refused | None = None) -> HttpResponse:
    found = report_paper.sections_of(report_of(workshop))
    context = {
        "workshop": workshop,
        "sections": [
            {"section": one, "rows": [[report_paper.shown(value) for value in row] for row in one.rows]}
            for one in found
        ],
        "annexes": report_paper.ANNEXES.items(),
        "pages": _pages(request, workshop),
        "may_change": access.can(access.signed_in(request), Capability.MANAGE_COHORTS, workshop),
        "crumbs": crumbs(workshop),
        "refusal": refusal,
    }
    return render(request, "workshops/report.html", context, status=422 if refusal else 200)


def _pages(request: HttpRequest, workshop: Workshop) -> list[Sheet]:
    """The signed pages that the person may put into the report; none for those who do not manage the workshop."""
    person = access.signed_in(request)
    if not access.can(person, Capability.MANAGE_COHORTS, workshop):
        return []
    return [row for row in sheets_of(workshop, person) if is_picture(row)]


@require_safe
def report_file(request: HttpRequest, id: UUID) -> HttpResponse:
    """The file, with the annexes (`?annex=…`) and the signed pages (`?page=…`) that were asked for, each by itself; PDF,
    or XLSX with `?kind=xlsx`, which holds no pages."""
    workshop = workshop_for(request, id, Capability.SEE_COHORTS)
    annexes = set(request.GET.getlist("annex")) & set(report_paper.ANNEXES)
    asked = set(request.GET.getlist("page"))
    pages = [row for row in _pages(request, workshop) if str(row.pk) in asked] if asked else []
    try:
        if request.GET.get("kind") == "xlsx":
            content, kind, ending = report_paper.render_xlsx(workshop, annexes=annexes), XLSX, "xlsx"
        else:
            content = report_paper.render_pdf(workshop, annexes=annexes, pages=pages)
            kind, ending = "application/pdf", "pdf"
    except Refused as refusal:
        return _screen(request, workshop, refusal)
    if "list" in annexes or pages:
        note_names(workshop=workshop, actor=access.signed_in(request))
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{workshop.code}.{ending}"'
    response["Cache-Control"] = "no-store"
    return response
