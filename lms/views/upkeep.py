"""The status page for administrators, the bundle for whoever helps them, the recovery sheet."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from lms.upkeep import sheet, status, support
from operations.audit import record_look
from people import access
from people.policy import Capability


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """How the site is, a row for each thing. At most 17 queries beside those of every page of the desk."""
    access.require(request.user, Capability.STATUS)
    rows = status.rows()
    context = {
        "rows": rows,
        "bad": sum(row.state == status.BAD for row in rows),
        "warn": sum(row.state == status.WARN for row in rows),
        "left": [path.name for path in status.left_behind()],
    }
    return render(request, "lms/upkeep/status.html", context)


@require_POST
def bundle(request: HttpRequest) -> HttpResponse:
    """The bundle as a file; taking it is written down."""
    access.require(request.user, Capability.STATUS)
    record_look(actor=request.user, code="lms.support-bundle", obj=("lms.site", "*"))  # type: ignore[arg-type]
    return _file(support.bundle(), "application/zip", f"kalanso-{timezone.localdate():%Y-%m-%d}.zip")


@require_safe
def recovery_sheet(request: HttpRequest) -> HttpResponse:
    """The sheet as a PDF."""
    access.require(request.user, Capability.STATUS)
    return _file(sheet.render(timezone.localdate()), "application/pdf", "kalanso.pdf")


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
