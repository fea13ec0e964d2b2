"""The action programme beside the courses that serve it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from lms.reference import courses_of_cells
from programme import queries

ACTOR_KINDS = {
    "national": _("National institutions"),
    "prison": _("Prisons"),
    "partner": _("Partners of the programme"),
    "un": _("United Nations"),
    "research": _("Research"),
    "ngo": _("Civil society"),
    "donor": _("Funders"),
    "forum": _("Forums"),
}
TRAININGS = {
    "held": _("Held"),
    "planned": _("Planned at the time"),
    "recommended": _("Recommended at the time"),
}


@require_safe
def programme(request: HttpRequest) -> HttpResponse:
    """The matrix, trainings, actors, laws and dated facts. Fifteen queries, whatever the size."""
    edition = queries.edition()
    domains, rows = queries.matrix()
    background = queries.background()
    courses = courses_of_cells(request.user)
    kinds = list(dict.fromkeys([*ACTOR_KINDS, *(actor.kind for actor in background.actors)]))
    by_kind = [
        (ACTOR_KINDS.get(kind, kind), actors)
        for kind in kinds
        if (actors := [actor for actor in background.actors if actor.kind == kind])
    ]
    matrix = [
        (row.priority, [(cell, courses.get((cell.priority.pk, cell.domain.pk), [])) for cell in row.cells])
        for row in rows
    ]
    trainings = [(TRAININGS.get(status, status), found) for status, found in queries.trainings().items() if found]
    return render(
        request,
        "lms/programme.html",
        {
            "edition": edition,
            "domains": domains,
            "matrix": matrix,
            "trainings": trainings,
            "actors": by_kind,
            "laws": background.laws,
            "facts": background.facts,
            "axes": background.axes,
        },
    )
