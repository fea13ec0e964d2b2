"""The register of trainers: for those who may read it, as a file, and what everybody may know of it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from certificates.queries import trainers as queries
from certificates.services import trainers as services
from certificates.sheets import Sheet, as_file
from people import access
from people.access import Person
from people.models import Role
from people.policy import Capability
from workshops.report_paper import Value


def tabs(person: Person) -> list[tuple[str, str]]:
    """(name, words) of the screens about trainers that the person may open. No query beside the person's roles."""
    found = []
    if access.holds_role(person, Role.MASTER, Role.COORDINATOR, Role.REVIEWER):
        found.append(("teach-candidates", _("Candidates")))
    if access.can(person, Capability.SEE_TRAINERS):
        found.append(("trainers", _("Register of trainers")))
    if access.can(person, Capability.SEE_CASCADE):
        found.append(("cascade", _("Cascade")))
    return found


def _states() -> list[tuple[str, str]]:
    return [("valid", _("valid")), ("soon", _("ends within 90 days")), ("lapsed", _("lapsed"))]


def _whens() -> list[tuple[str, str]]:
    return [("today", _("available today")), ("later", _("available later")), ("unsaid", _("not stated"))]


def _sorts() -> list[tuple[str, str]]:
    return [
        ("name", _("Name, A to Z")),
        ("institution", _("Institution")),
        ("expires", _("Ends soonest first")),
        ("-expires", _("Ends latest first")),
        ("generation", _("Generation")),
    ]


def _asked(request: HttpRequest) -> queries.Wanted:
    given = request.GET

    def one_of(name: str, choices: tuple[str, ...], otherwise: str = "") -> str:
        return found if (found := given.get(name, "")) in choices else otherwise

    return queries.Wanted(
        query=" ".join(given.get("q", "").replace("\x00", "").split())[: queries.LONGEST_QUERY],
        region=given.get("region", "")[:64],
        language=given.get("language", "")[:8],
        course=given.get("course", "")[:16],
        when=one_of("when", queries.WHENS),
        state=one_of("state", queries.STATES),
        sort=one_of("sort", queries.SORTS, "name"),
        page=given.get("page", "1"),
    )


@require_safe
def register(request: HttpRequest) -> HttpResponse:
    """Certified trainers, and those whose certificate has lapsed: search, filters, order, pages."""
    person = access.signed_in(request)
    screen = queries.register(person, _asked(request))
    parameters = urlencode(screen.wanted.parameters)
    context = {
        "screen": screen,
        "tabs": tabs(person),
        "states": _states(),
        "whens": _whens(),
        "sorts": _sorts(),
        "said": dict(_states()),
        "address": f"{parameters}&" if parameters else "",
        "file": f"{reverse('trainers-file')}?{parameters}",
    }
    return render(request, "certificates/trainers.html", context)


@require_safe
def register_file(request: HttpRequest) -> HttpResponse:
    """The filtered register as CSV, or XLSX with `?kind=xlsx`. It is written down who took it."""
    person = access.signed_in(request)
    wanted = _asked(request)
    lines = queries.exported(person, wanted)
    services.note_register_export(actor=person, people=len(lines), fields=list(wanted.filters))
    states = dict(_states())
    heads = [
        *(_("Name"), _("Institution"), _("Regions"), _("Languages"), _("Courses"), _("Availability")),
        *(_("Available from"), _("Available until"), _("Valid until"), _("Status"), _("Generation")),
    ]

    def row(line: queries.Line) -> list[Value]:
        card = line.card
        return [
            line.name,
            str(line.institution or ""),
            ", ".join(card.regions),
            ", ".join(line.languages),
            ", ".join(card.courses),
            card.available,
            *(date_format(day, "Y-m-d") if day else "" for day in (card.starts, card.ends, line.expires)),
            states[line.state],
            "" if line.generation is None else line.generation,
        ]

    sheet = Sheet(_("Register of trainers"), heads, [row(line) for line in lines])
    return as_file([sheet], kind=request.GET.get("kind", "csv"), name="register")


@require_safe
def public(request: HttpRequest) -> HttpResponse:
    """How many certified trainers there are, by institution and course; names only of those who chose so."""
    found = queries.public_register(request.user, unsaid=_("not stated"))
    return render(request, "certificates/trainers_public.html", {"found": found, **_columns(found)})


def _columns(found: queries.PublicRegister) -> dict[str, Any]:
    """The courses of the table, each with its title where the reader may see the course's page."""
    codes = sorted({code for place in found.places or [] for code, _count in place.courses})
    return {
        "columns": [(code, found.titles.get(code, "")) for code in codes],
        "rows": [
            (place, [(code, dict(place.courses).get(code, 0), bool(place.courses)) for code in codes])
            for place in found.places or []
        ],
    }
