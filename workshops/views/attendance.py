"""Calling the list: on a page, on a phone without network, by a square code, from the sheet on paper."""

from __future__ import annotations

import json
import uuid
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from operations import paper
from operations.errors import Refused
from people import access
from people.policy import Capability
from workshops import services
from workshops.incoming import read_batch
from workshops.models import Mark, Registration, Session, Workshop
from workshops.queries.attendance import for_phone, grid_of
from workshops.services import attendance as rules
from workshops.views.shared import see_other, session_for, workshop_for

CODE_SALT, CODE_SECONDS = "workshops.check-in", 600
LARGEST = 1_000_000  # bytes of a batch: far above what a phone can have recorded


def _session(request: HttpRequest, pk: UUID, session: UUID) -> tuple[Workshop, Session]:
    """The session of an address, which names its workshop too."""
    held = session_for(request, session, Capability.MANAGE_COHORTS)
    if held.workshop_id != pk:
        raise Http404
    return held.workshop, held


# --- on a page ------------------------------------------------------------------------------------------------------


@require_safe
def attendance(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Who was there, session by session, and what is still missing before attendance closes."""
    workshop = workshop_for(request, pk, Capability.SEE_COHORTS)
    person = access.signed_in(request)
    grid = grid_of(workshop, person)
    return render(
        request,
        "workshops/attendance.html",
        {
            "workshop": workshop,
            "grid": grid,
            "columns": [
                {"session": row, "count": grid.counts.get(row.pk), "present": grid.present(row)}
                for row in grid.sessions
            ],
            "lines": [
                {"person": line, "cells": list(zip(grid.sessions, line.cells, strict=True))} for line in grid.people
            ],
            "hindrances": rules.hindrances(workshop) if workshop.closed_at is None else [],
            "may_call": access.can(person, Capability.MANAGE_COHORTS, workshop),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def call(request: HttpRequest, pk: UUID, session: UUID) -> HttpResponse:
    """Call the list of one session; the people in the room are counted first. `?sheet`: typed in from paper."""
    workshop, held = _session(request, pk, session)
    person = access.signed_in(request)
    refusal = None
    if request.method == "POST":
        try:
            answers = services.take_in(
                workshop=workshop, batch=_from_form(request, held), actor=person, source=_source(request)
            )
        except Refused as caught:
            refusal = caught
        else:
            bad = [answer.sentence for answer in answers if not answer.kept]
            for sentence in bad:
                messages.error(request, sentence)
            if not bad:
                messages.success(request, _("Kept at %(hour)s.") % {"hour": timezone.localtime().strftime("%H:%M")})
            return see_other(request.get_full_path())
    grid = grid_of(workshop, person)
    place = [row.pk for row in grid.sessions].index(held.pk) if held in grid.sessions else None
    if place is None:
        raise Http404
    return render(
        request,
        "workshops/call.html",
        {
            "workshop": workshop,
            "session": held,
            "grid": grid,
            "position": place + 1,
            "count": grid.counts.get(held.pk),
            "lines": [{"person": line, "cell": line.cells[place], "id": uuid.uuid4()} for line in grid.people],
            "noted": sum(line.cells[place] is not None for line in grid.people),
            "new": {"count": uuid.uuid4(), "arrival": uuid.uuid4(), "mark": uuid.uuid4()},
            "statuses": Mark.Status.choices,
            "refusal": refusal,
            "from_sheet": "sheet" in request.GET,
        },
        status=422 if refusal else 200,
    )


def _source(request: HttpRequest) -> str:
    return Mark.Source.SHEET if "sheet" in request.GET else Mark.Source.CALL


def _from_form(request: HttpRequest, session: Session) -> Any:
    """The page's fields as a batch: `status.<registration>`, each with the id `id.<registration>` that the page was given,
    so that sending it twice changes nothing; what already stands is not sent again."""
    now = timezone.now().isoformat()
    data, marks = request.POST, []
    for name in data:
        kind, _dot, registration = name.partition(".")
        if kind == "status" and data.get(f"was.{registration}") != data[name]:
            marks.append(
                {
                    "id": data.get(f"id.{registration}"),
                    "session": str(session.pk),
                    "registration": registration,
                    "status": data[name],
                    "made": now,
                    "arrived": data.get(f"arrived.{registration}"),
                }
            )
    arrivals, counts = [], []
    if data.get("name", "").strip() or data.get("staff_number", "").strip():
        arrivals.append(
            {
                "id": data.get("arrival"),
                "name": data.get("name", "").strip() or data["staff_number"],
                "staff_number": data.get("staff_number", "").strip(),
                "sex": data.get("sex", ""),
                "replaces": data.get("replaces") or None,
                "made": now,
            }
        )
        marks.append(
            {
                "id": data.get("arrival-mark"),
                "session": str(session.pk),
                "registration": data.get("arrival"),
                "status": Mark.Status.PRESENT,
                "made": now,
            }
        )
    if data.get("people", "").strip():
        counts.append({"id": data.get("count"), "session": str(session.pk), "people": data["people"], "made": now})
    return read_batch({"arrivals": arrivals, "head_counts": counts, "marks": marks})


class CorrectionForm(forms.Form):
    """What is right, and how one knows."""

    status = forms.ChoiceField(choices=Mark.Status.choices, widget=forms.RadioSelect)
    reason = forms.CharField(max_length=300)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["status"].label, self.fields["reason"].label = _("Presence"), _("Reason")


@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: HttpRequest, pk: UUID, session: UUID, registration: UUID) -> HttpResponse:
    """Put one presence right, with what everybody recorded of it in sight."""
    workshop, held = _session(request, pk, session)
    person = access.signed_in(request)
    row = get_object_or_404(workshop.registrations, pk=registration)
    form, refusal = CorrectionForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        try:
            services.correct(session=held, registration=row, actor=person, **form.cleaned_data)
        except Refused as caught:
            refusal = caught
        else:
            messages.success(request, _("The attendance is put right."))
            return see_other(reverse("attendance", args=[pk]))
    line = next((one for one in grid_of(workshop, person).people if one.registration.pk == row.pk), None)
    return render(
        request,
        "workshops/correct.html",
        {
            "workshop": workshop,
            "session": held,
            "name": line.name if line else _("Participant %(number)s") % {"number": row.number},
            "marks": Mark.objects.filter(session=held, registration=row).select_related("by"),
            "form": form,
            "refusal": refusal,
        },
        status=422 if request.method == "POST" else 200,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def close(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Close attendance."""
    workshop = workshop_for(request, pk, Capability.MANAGE_COHORTS)
    refusal = None
    if request.method == "POST":
        try:
            services.close_attendance(workshop=workshop, actor=access.signed_in(request))
        except Refused as caught:
            refusal = caught
        else:
            messages.success(request, _("Attendance is closed."))
            return see_other(reverse("attendance", args=[pk]))
    return render(
        request,
        "workshops/close.html",
        {
            "workshop": workshop,
            "hindrances": rules.hindrances(workshop),
            "reached": len(rules.attended(workshop)),
            "expected": workshop.registrations.filter(state__in=Registration.EXPECTED).count(),
            "refusal": refusal,
        },
        status=422 if refusal else 200,
    )


class SheetForm(forms.Form):
    """The photograph of a signed sheet."""

    file = forms.FileField()
    protected = forms.BooleanField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].label = _("Photograph of the signed page (JPEG, PNG or PDF, 10 MB at most)")
        self.fields["protected"].label = _("It is the separate sheet of protected people")


@require_http_methods(["GET", "HEAD", "POST"])
def sheet(request: HttpRequest, pk: UUID, session: UUID) -> HttpResponse:
    """File the photograph of the signed page beside the session that it belongs to."""
    workshop, held = _session(request, pk, session)
    form, refusal = SheetForm(request.POST or None, request.FILES or None), None
    if request.method == "POST" and form.is_valid():
        try:
            services.file_sheet(session=held, actor=access.signed_in(request), **form.cleaned_data)
        except Refused as caught:
            refusal = caught
        else:
            messages.success(request, _("The page is filed."))
            return see_other(reverse("call", args=[pk, session]) + "?sheet")
    return render(
        request,
        "workshops/sheet.html",
        {"workshop": workshop, "session": held, "form": form, "refusal": refusal, "sheets": held.sheets.all()},
        status=422 if request.method == "POST" else 200,
    )


# --- on a phone without network -------------------------------------------------------------------------------------


@require_GET
def phone(request: HttpRequest) -> HttpResponse:
    """The screen that a phone keeps: it holds nobody's data, and reads its lists from the phone's own store."""
    response = render(request, "workshops/phone.html", {"statuses": Mark.Status.choices})
    response["Cache-Control"] = "no-cache"
    return response


@require_GET
def phone_worker(request: HttpRequest) -> HttpResponse:
    """The service worker of that screen, and of nothing else."""
    response = render(request, "workshops/phone_worker.js", content_type="text/javascript")
    response["Cache-Control"] = "no-cache"
    return response


@require_GET
def phone_list(request: HttpRequest, pk: UUID) -> JsonResponse:
    """The lists of a workshop, to be kept on the phone of a facilitator."""
    workshop = workshop_for(request, pk, Capability.MANAGE_COHORTS)
    person = access.signed_in(request)
    return JsonResponse({**for_phone(workshop, person), "token": get_token(request)})


@require_POST
def phone_take(request: HttpRequest, pk: UUID) -> JsonResponse:
    """Take in what a phone recorded; an answer for each item. The phone drops only what was kept."""
    workshop = workshop_for(request, pk, Capability.MANAGE_COHORTS)
    try:
        if len(request.body) > LARGEST:
            raise Refused(_("Too much was sent at once."), _("Send it in parts."))
        try:
            data = json.loads(request.body)
        except ValueError as error:
            raise Refused(_("This is no attendance."), _("Open the list again and send it once more.")) from error
        answers = services.take_in(workshop=workshop, batch=read_batch(data), actor=access.signed_in(request))
    except Refused as refusal:
        return JsonResponse({"refused": f"{refusal.sentence} {refusal.next_step}".strip()}, status=422)
    return JsonResponse({"items": [{"id": one.id, "kept": one.kept, "sentence": one.sentence} for one in answers]})


# --- by square code -------------------------------------------------------------------------------------------------


@require_safe
def code(request: HttpRequest, pk: UUID, session: UUID) -> HttpResponse:
    """The square code at the door. It holds for ten minutes; the page shows a new one every two."""
    workshop, held = _session(request, pk, session)
    token = signing.dumps(str(held.pk), salt=CODE_SALT)
    address = request.build_absolute_uri(reverse("check-in", args=[token]))
    return render(
        request,
        "workshops/code.html",
        {"workshop": workshop, "session": held, "svg": paper.qr(address), "address": address},
    )


@require_http_methods(["GET", "HEAD", "POST"])
def check_in(request: HttpRequest, token: str) -> HttpResponse:
    """A participant says, with the code at the door, that they are there."""
    session, refusal = None, None
    try:
        pk = signing.loads(token, salt=CODE_SALT, max_age=CODE_SECONDS)
        session = Session.objects.select_related("workshop").get(pk=pk)
        if request.method == "POST":
            services.check_in(session=session, user=access.signed_in(request))
            messages.success(request, _("Your presence is recorded."))
            return see_other(reverse("learn"))
    except signing.BadSignature:
        refusal = Refused(_("This code is too old."), _("Read the one at the door again."))
    except Session.DoesNotExist as error:
        raise Http404 from error
    except Refused as caught:
        refusal = caught
    return render(
        request,
        "workshops/check_in.html",
        {"session": session, "refusal": refusal},
        status=422 if refusal and request.method == "POST" else 200,
    )
