"""Letters of designation and the paper pack."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from operations.errors import Refused
from people import access
from people.policy import Capability
from workshops import paper
from workshops.forms import FileForm, LetterForm
from workshops.models import Letter
from workshops.queries.planning import places_to_choose
from workshops.services import letters as letter_services
from workshops.services import packs
from workshops.services.letters import LARGEST_SCAN
from workshops.views.planning import form_page
from workshops.views.shared import act, crumbs, see_other, workshop_for

_DAY = dt.timedelta(days=1)
RELOAD_SECONDS = 5


def _attached(content: bytes, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _letter_for(request: HttpRequest, pk: int, capability: Capability) -> Letter:
    rows = Letter.objects.select_related("workshop__organiser", "workshop__course", "institution")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Http404
    access.require(access.signed_in(request), capability, found.workshop)
    return found


@require_safe
def letters(request: HttpRequest, id: UUID) -> HttpResponse:
    """The letters of a workshop, with what was filed."""
    found = workshop_for(request, id, Capability.SEE_COHORTS)
    rows = found.letters.select_related("institution").order_by("issued", "pk")
    context = {
        "workshop": found,
        "rows": rows,
        "may_issue": access.can(access.signed_in(request), Capability.DECIDE_DESIGNATION, found),
        "crumbs": crumbs(found),
    }
    return render(request, "workshops/letters.html", context)


@form_page
def letter_new(request: HttpRequest, id: UUID) -> HttpResponse:
    """Issue a letter for the accepted people of an institution."""
    found = workshop_for(request, id, Capability.DECIDE_DESIGNATION)
    form = LetterForm(
        request.POST or None,
        institutions=places_to_choose(),
        initial={
            "institution": found.organiser.code,
            "valid_from": found.starts - _DAY,
            "valid_until": found.ends + _DAY,
        },
    )

    def do(data: Mapping[str, Any]) -> None:
        letter_services.issue_letter(workshop=found, actor=access.signed_in(request), **data)

    return act(
        request,
        do=do,
        done=_("The letter is issued. Print it, have it signed, and file the scan."),
        back=reverse("workshop-letters", args=[found.pk]),
        heading=_("New letter of designation"),
        sentences=[
            _(
                "It names those of the institution, and of what lies below it, who are accepted and stand in no letter yet."
            )
        ],
        button=_("Issue the letter"),
        form=form,
        way=crumbs(found, (reverse("workshop-letters", args=[found.pk]), _("Letters"))),
        action="issue",
    )


@require_safe
def letter_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """The letter, to be signed."""
    letter = _letter_for(request, pk, Capability.SEE_COHORTS)
    return _attached(paper.render_letter(letter), "application/pdf", f"{slugify(letter.number)}.pdf")


@form_page
def letter_scan(request: HttpRequest, pk: int) -> HttpResponse:
    """File the signed letter under its number."""
    letter = _letter_for(request, pk, Capability.DECIDE_DESIGNATION)
    form = FileForm(request.POST or None, request.FILES or None)
    back = reverse("workshop-letters", args=[letter.workshop_id])
    return act(
        request,
        do=lambda data: letter_services.file_scan(
            letter=letter, content=data["file"].read(LARGEST_SCAN + 1), actor=access.signed_in(request)
        ),
        done=_("The signed letter is filed."),
        back=back,
        heading=_("File the signed letter %(number)s") % {"number": letter.number},
        sentences=[_("PDF, JPEG or PNG, at most 10 MB. One that was filed before is replaced.")],
        button=_("File it"),
        form=form,
        way=crumbs(letter.workshop, (back, _("Letters"))),
    )


@require_safe
def letter_signed(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The scan that was filed."""
    letter = _letter_for(request, pk, Capability.SEE_COHORTS)
    if not letter.scan:
        raise Http404
    with letter.scan.open() as file:
        content = file.read()
    kind = str(letter.scan.name).rpartition(".")[2]
    kinds = {"pdf": "application/pdf", "jpg": "image/jpeg", "png": "image/png"}
    return _attached(content, kinds.get(kind, "application/octet-stream"), f"{slugify(letter.number)}-signed.{kind}")


@form_page
def pack(request: HttpRequest, id: UUID) -> HttpResponse:
    """Everything on paper: ask for it, see how far it is, fetch it."""
    found = workshop_for(request, id, Capability.SEE_COHORTS)
    if request.method == "POST":
        try:
            packs.ask_pack(workshop=found, actor=access.signed_in(request))
        except Refused as refusal:
            return render(request, "workshops/pack.html", {"workshop": found, "refusal": refusal}, status=422)
        return see_other(reverse("workshop-pack", args=[found.pk]))
    job = packs.newest(found)
    under_way = job is not None and job.status in type(job).OPEN
    response = render(
        request,
        "workshops/pack.html",
        {"workshop": found, "job": job, "under_way": under_way, "crumbs": crumbs(found)},
    )
    if under_way and "still" not in request.GET:
        response["Refresh"] = str(RELOAD_SECONDS)
    return response


@require_safe
def pack_file(request: HttpRequest, id: UUID) -> HttpResponse:
    """The pack as it was made last."""
    found = workshop_for(request, id, Capability.SEE_COHORTS)
    name = packs.name_of(found)
    if not default_storage.exists(name):
        raise Http404
    with default_storage.open(name) as file:
        return _attached(file.read(), "application/pdf", f"{found.code}.pdf")
