"""The reference pages of the room: bibliography, norms by source, glossary. Public: they name no course."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from content import queries

KINDS = {
    "law": _("Laws and treaties"),
    "standard": _("Standards and principles"),
    "report": _("Reports and handbooks"),
    "paper": _("Research"),
    "seed": _("The programme itself"),
}
SEARCH_LENGTH = 100


@require_safe
def sources(request: HttpRequest) -> HttpResponse:
    """The bibliography, by kind or by words. Two queries."""
    search = request.GET.get("q", "")[:SEARCH_LENGTH].strip()
    kind = request.GET.get("kind", "")
    kinds = [(code, KINDS.get(code, code)) for code in queries.kinds_in_use()]
    if kind not in dict(kinds):
        kind = ""
    found = queries.sources(kind=kind, search=search)
    return render(request, "content/sources.html", {"sources": found, "search": search, "kind": kind, "kinds": kinds})


@require_safe
def norms(request: HttpRequest) -> HttpResponse:
    """All norms by their source. One query."""
    return render(request, "content/norms.html", {"groups": queries.norms_by_source()})


@require_safe
def glossary(request: HttpRequest) -> HttpResponse:
    """The words of the courses. One query."""
    search = request.GET.get("q", "")[:SEARCH_LENGTH].strip()
    return render(request, "content/glossary.html", {"letters": queries.glossary(search=search), "search": search})
