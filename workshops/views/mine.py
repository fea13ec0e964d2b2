"""A participant's own: which workshops, when and where; accept or decline; the entry for a calendar."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from operations.errors import Refused
from people.access import signed_in
from workshops import ics, services
from workshops.models import Registration, Workshop
from workshops.queries import planning as queries
from workshops.rules import STANDING
from workshops.services.surveys import open_form
from workshops.survey import TRAINEE, TRANSFER, read_survey
from workshops.views.shared import see_other

_State = Registration.State


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """The person's workshops, and those that anybody may register for."""
    rows, open_now = queries.mine(signed_in(request))
    return render(request, "workshops/mine.html", {"rows": rows, "open_now": open_now, "today": timezone.localdate()})


def _own(request: HttpRequest, id: UUID) -> tuple[Workshop, Registration | None]:
    """The workshop, and the person's newest registration; 404 for strangers to a workshop that is not open to all."""
    workshop = Workshop.objects.select_related("organiser", "course").filter(pk=id).first()
    if workshop is None or workshop.status == Workshop.Status.DRAFT:
        raise Http404
    person = signed_in(request)
    rows = list(workshop.registrations.filter(user=person).order_by("-created"))
    row = next((row for row in rows if row.state in STANDING), rows[0] if rows else None)
    open_to_all = workshop.entry == Workshop.Entry.OPEN and workshop.status == Workshop.Status.ANNOUNCED
    if row is None and not open_to_all and not workshop.facilitators.filter(user=person).exists():
        raise Http404
    return workshop, row


@require_safe
def one(request: HttpRequest, id: UUID) -> HttpResponse:
    """Days, hours, place; accept or decline. Its title says the code only."""
    workshop, row = _own(request, id)
    over = workshop.ends < timezone.localdate()
    running = workshop.status == Workshop.Status.ANNOUNCED and not over
    context = {
        "workshop": workshop,
        "row": row,
        "sessions": workshop.sessions.filter(cancelled=False),
        "may_answer": running and row is not None and row.state in (_State.INVITED, _State.ACCEPTED, _State.WAITING),
        "may_register": running
        and workshop.entry == Workshop.Entry.OPEN
        and (row is None or row.state not in STANDING),
        "over": over,
        "after": workshop.closed_at is not None
        and open_form(workshop=workshop, user=signed_in(request), form=TRAINEE, survey=read_survey(TRANSFER)),
    }
    return render(request, "workshops/my_workshop.html", context)


@require_POST
def answer(request: HttpRequest, id: UUID) -> HttpResponse:
    """Accept an invitation, or decline a place."""
    _workshop, row = _own(request, id)
    if row is None:
        raise Http404
    accepts = request.POST.get("answer") == "accept"
    try:
        row = services.answer(
            registration=row, accepts=accepts, user=signed_in(request), reason=request.POST.get("reason", "")[:300]
        )
    except Refused as refusal:
        messages.error(request, f"{refusal.sentence} {refusal.next_step}")
    else:
        messages.success(request, _said(row))
    return see_other(reverse("my-workshop", args=[id]))


def _said(row: Registration) -> str:
    if row.state == _State.ACCEPTED:
        return _("Thank you. You are on the list.")
    if row.state == _State.WAITING:
        return _("All seats were taken meanwhile: you are on the waiting list.")
    return _("Thank you for saying so: your place is free again.")


@require_POST
def register(request: HttpRequest, id: UUID) -> HttpResponse:
    """Register where registration is open."""
    workshop, _row = _own(request, id)
    try:
        row = services.register_self(workshop=workshop, user=signed_in(request))
    except Refused as refusal:
        messages.error(request, f"{refusal.sentence} {refusal.next_step}")
    else:
        messages.success(request, _said(row))
    return see_other(reverse("my-workshop", args=[id]))


@require_safe
def calendar(request: HttpRequest, id: UUID) -> HttpResponse:
    """The entry for a calendar: code and hours, nothing of the subject."""
    workshop, _row = _own(request, id)
    response = HttpResponse(ics.entry(workshop, method="PUBLISH"), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{workshop.code}.ics"'
    return response
