"""Who trained whom: the screen, its files, and what a trainer sees of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from certificates import picture
from certificates.cascade import Generation
from certificates.queries import cascade_screen as queries
from certificates.services.trainers import note_cascade_export
from certificates.sheets import Sheet, as_file, download
from certificates.trainer_views import tabs
from people import access
from workshops.report_paper import Value


def _root(request: HttpRequest) -> UUID | None:
    """The trainer whose cascade is asked for (`?trainer=`); 404 for what cannot be one."""
    given = request.GET.get("trainer", "")
    try:
        return UUID(given) if given else None
    except ValueError as error:
        raise Http404 from error


@require_safe
def cascade(request: HttpRequest) -> HttpResponse:
    """Everybody's cascade, or that below one trainer."""
    person = access.signed_in(request)
    root = _root(request)
    screen = queries.cascade_screen(person, root=root)
    if screen is None:
        raise Http404
    asked = {"trainer": str(root)} if root else {}
    address = reverse("cascade-file")
    files = [
        (f"{address}?{urlencode({**asked, 'kind': kind})}", kind.upper()) for kind in ("csv", "xlsx", "svg", "json")
    ]
    context = {"tabs": tabs(person), "files": files, "root": root, **_drawn(screen, here=reverse("cascade"))}
    return render(request, "certificates/cascade.html", context)


@require_safe
def own(request: HttpRequest) -> HttpResponse:
    """What is below the person; a page that says so where there is nothing."""
    screen = queries.own_screen(access.signed_in(request))
    context = {"own": True} | (_drawn(screen, here="") if screen is not None else {})
    return render(request, "certificates/cascade.html", context)


def _drawn(screen: queries.Screen, *, here: str) -> dict[str, Any]:
    return {
        "screen": screen,
        "rows": [(row, min(row.line.depth, 5)) for row in screen.rows],
        "generations": [_generation(one) for one in screen.generations],
        "tree": _tree(screen, here=here),
        "results": _results(screen.generations),
    }


def _tree(screen: queries.Screen, *, here: str) -> SafeString:
    nodes = [
        picture.Node(
            name=row.name,
            says=_says(row),
            depth=row.line.depth,
            above=row.line.above,
            reach=row.reach,
            address=f"{here}?trainer={row.key}" if here and row.key and row.trainer.trained else "",
        )
        for row in screen.rows
    ]
    description = _("Each line is a trainer; who was trained by somebody stands below and further in.")
    return picture.tree(nodes, title=_("Cascade"), description=description)


def _says(row: queries.Row) -> str:
    words = _("trained: %(direct)s, reached: %(reach)s") % {"direct": _number(row.direct), "reach": _number(row.reach)}
    if row.line.left_out:
        words += _(", not drawn: %(count)s") % {"count": _number(row.line.left_out)}
    return words


def _number(value: int | None) -> str:
    return _("hidden") if value is None else number_format(value, use_l10n=True, force_grouping=value > 9999)


def _percent(share: float | None) -> str:
    return "–" if share is None else _("%(number)s%%") % {"number": number_format(round(100 * share), use_l10n=True)}


def _generation(one: Generation) -> dict[str, Any]:
    """A line of the table, hidden where so few came that it would be about persons."""
    few = queries.told(one.people) is None
    return {
        "one": one,
        "label": _("Generation %(number)d") % {"number": one.number},
        "people": _number(queries.told(one.people)),
        "attendance": "–" if few else _percent(one.attendance),
        "before": _percent(one.before if one.pairs else None),
        "after": _percent(one.after if one.pairs else None),
        "gain": _points(one.gain),
    }


def _points(gain: float | None) -> str:
    """The gain in percentage points, with its sign."""
    if gain is None:
        return "–"
    return _("%(sign)s%(number)s points") % {"sign": "−" if gain < 0 else "+", "number": abs(round(100 * gain))}


def _results(generations: Sequence[Generation]) -> SafeString | str:
    pairs = [
        picture.Pair(
            label=_("Generation %(number)d") % {"number": one.number},
            says=_("before: %(before)s, after: %(after)s (n = %(count)s)")
            % {"before": _percent(one.before), "after": _percent(one.after), "count": _number(one.pairs)},
            before=one.before,
            after=one.after,
        )
        for one in generations
        if one.pairs
    ]
    if not pairs:
        return ""
    description = _("Two bars for each generation of trainers: the empty one before the workshop, the full one after.")
    return picture.results(pairs, title=_("Results by generation"), description=description)


# --- files ------------------------------------------------------------------------------------------------------------


@require_safe
def cascade_file(request: HttpRequest) -> HttpResponse:
    """The cascade as CSV, XLSX, SVG or JSON (`?kind=`): protected people by their pseudonym, whoever asks, groups under five
    hidden. It is written down who took it."""
    person = access.signed_in(request)
    root, kind = _root(request), request.GET.get("kind", "csv")
    found = queries.exported(root=root)
    if found is None:
        raise Http404
    lines, generations = found
    note_cascade_export(actor=person, people=len(lines), fields=["trainer"] if root else [])
    if kind == "svg":
        screen = queries.cascade_screen(person, root=root, hide=True)
        drawn = _tree(screen, here="") if screen is not None else ""
        return download(drawn.encode(), kind="image/svg+xml", name="cascade", ending="svg")
    if kind == "json":
        text = json.dumps(_as_json(lines, generations), ensure_ascii=False, indent=1)
        return download(text.encode(), kind="application/json", name="cascade", ending="json")
    return as_file(_sheets(lines, generations), kind=kind, name="cascade")


def _sheets(lines: Sequence[queries.Exported], generations: Sequence[Generation]) -> list[Sheet]:
    heads = [
        *(_("No."), _("Person"), _("Generation"), _("Trainer since"), _("Trained by (No.)"), _("Workshops led")),
        *(_("People trained"), _("People reached"), _("Generations below")),
    ]
    rows: list[list[Value]] = [
        [
            line.number,
            line.name,
            line.trainer.generation,
            line.trainer.since.isoformat(),
            ", ".join(map(str, line.trained_by)),
            line.trainer.workshops,
            _("hidden") if line.direct is None else line.direct,
            _("hidden") if line.reach is None else line.reach,
            line.trainer.below,
        ]
        for line in lines
    ]
    more = [
        *(_("Generation"), _("Trainers"), _("Workshops"), _("People who came"), _("Attendance")),
        *(_("Before"), _("After"), _("Gain"), "n"),
    ]
    results: list[list[Value]] = []
    for one in generations:
        words = _generation(one)
        results.append(
            [
                *(one.number, one.trainers, one.workshops, words["people"], words["attendance"]),
                *(words["before"], words["after"], words["gain"], one.pairs),
            ]
        )
    return [Sheet(_("Trainers"), heads, rows), *([Sheet(_("Generations"), more, results)] if results else [])]


def _as_json(lines: Sequence[queries.Exported], generations: Sequence[Generation]) -> dict[str, Any]:
    """null: hidden, or not known."""
    return {
        "made": timezone.localdate().isoformat(),
        "trainers": [
            {
                "number": line.number,
                "name": line.name,
                "generation": line.trainer.generation,
                "since": line.trainer.since.isoformat(),
                "trained_by": line.trained_by,
                "workshops": line.trainer.workshops,
                "trained": line.direct,
                "reached": line.reach,
                "generations_below": line.trainer.below,
            }
            for line in lines
        ],
        "generations": [
            {
                "number": one.number,
                "trainers": one.trainers,
                "workshops": one.workshops,
                "people": queries.told(one.people),
                "attendance": None if queries.told(one.people) is None else one.attendance,
                "before": one.before if one.pairs else None,
                "after": one.after if one.pairs else None,
                "n": one.pairs,
            }
            for one in generations
        ],
    }
