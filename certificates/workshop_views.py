"""The certificates of a workshop: who has one and why not, papers for printing, the hand-over register. Thin views."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from certificates import queries
from certificates.forms import HandOverForm
from certificates.models import Credential
from certificates.queries import workshops as lists
from certificates.services import handover
from certificates.services import workshops as services
from operations.errors import Refused
from operations.models import Job
from people import access
from people.access import is_administrator
from people.models import User
from people.names import shown_names
from people.policy import Capability
from workshops.models import Registration, Workshop
from workshops.views.shared import crumbs, see_other, workshop_for

RELOAD_SECONDS = 5
Acts = dict[str, Callable[[], str]]


def _act(request: HttpRequest, acts: Acts, back: str) -> HttpResponse | Refused:
    """Do what the button says; 404 for a button that there is not."""
    do = acts.get(request.POST.get("do", ""))
    if do is None:
        raise Http404
    try:
        said = do()
    except Refused as refusal:
        return refusal
    messages.success(request, said)
    return see_other(back)


def _desk_address(workshop: Workshop) -> str:
    return reverse("workshop-certificates", args=[workshop.pk])


@require_http_methods(["GET", "HEAD", "POST"])
def desk(request: HttpRequest, id: UUID) -> HttpResponse:
    """Everybody of the list: the certificate, or why there is none; what can be done for all at once."""
    workshop = workshop_for(request, id, Capability.MANAGE_COHORTS)
    person = access.signed_in(request)
    refusal = None
    if request.method == "POST":
        answer = _act(request, _acts_for_all(request, workshop, person), _desk_address(workshop))
        if isinstance(answer, HttpResponse):
            return answer
        refusal = answer
    found = lists.desk_of(workshop, person)
    work = services.of_workshop(workshop, kind=services.ISSUE).first()
    printing = services.of_workshop(workshop, kind=services.PRINT).filter(asked_by=person).first()
    under_way = [job for job in (work, printing) if job is not None and job.status in Job.OPEN]
    context = {
        "workshop": workshop,
        "desk": found,
        "counts": {standing: found.count(standing) for standing in Credential.Standing.values},
        "reservable": found.reservable if workshop.closed_at is None else [],
        "left_out": lists.numbers_left_out(found.lines),
        "work": work,
        "printing": printing,
        "under_way": under_way,
        "refusal": refusal,
        "crumbs": crumbs(workshop),
    }
    response = render(request, "certificates/workshop.html", context, status=422 if refusal else 200)
    if under_way and "still" not in request.GET:
        response["Refresh"] = str(RELOAD_SECONDS)
    return response


def _acts_for_all(request: HttpRequest, workshop: Workshop, person: User) -> Acts:
    def issue() -> str:
        services.ask_to_issue(workshop=workshop, actor=person)
        return _("The certificates are being issued.")

    def reserve() -> str:
        chosen = [key for key in map(_uuid, request.POST.getlist("who")) if key is not None]
        if not chosen:
            raise Refused(_("Nobody was chosen."), _("Tick those whose paper is to be prepared."))
        made = services.reserve(workshop=workshop, actor=person, registrations=chosen)
        words = ngettext("%(count)d number is reserved.", "%(count)d numbers are reserved.", len(made))
        return words % {"count": len(made)}

    def put_together() -> str:
        services.ask_to_print(workshop=workshop, actor=person, language=get_language() or "")
        return _("The papers are being put together.")

    def hand_over() -> str:
        row = get_object_or_404(workshop.registrations, pk=_uuid(request.POST.get("registration", "")))
        handover.hand_over(credential=_held(workshop, row), actor=person)
        return _("The hand-over to participant %(number)s is noted.") % {"number": row.number}

    return {"issue": issue, "reserve": reserve, "print": put_together, "hand-over": hand_over}


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _held(workshop: Workshop, row: Registration) -> Credential:
    credential = lists.credentials_of(workshop).get(row.pk)
    if credential is None:
        raise Http404
    return credential


@require_http_methods(["GET", "HEAD", "POST"])
def one(request: HttpRequest, id: UUID, registration: UUID) -> HttpResponse:
    """One participant: what became of their certificate, from the first number to the last; hand-over, issue by hand."""
    workshop = workshop_for(request, id, Capability.MANAGE_COHORTS)
    person = access.signed_in(request)
    row = get_object_or_404(workshop.registrations.select_related("user", "institution"), pk=registration)
    row.workshop = workshop
    form = HandOverForm(request.POST if request.POST.get("do") == "hand-over" else None)
    refusal = None
    if request.method == "POST":
        answer = _act(
            request,
            _acts_for_one(request, workshop, row, form, person),
            reverse("workshop-certificate", args=[workshop.pk, row.pk]),
        )
        if isinstance(answer, HttpResponse):
            return answer
        refusal = answer
    line = next(line for line in lists.desk_of(workshop, person).lines if line.registration.pk == row.pk)
    history = lists.history_of(row)
    givers = [credential.handover.by for credential in history if hasattr(credential, "handover")]
    administrator = is_administrator(person)
    context = {
        "workshop": workshop,
        "line": line,
        "history": history,
        "evidence": queries.evidence_of(line.credential) if line.credential else [],
        "names": shown_names(givers, person),
        "may_hand": line.credential is not None and line.credential.status != Credential.Status.REVOKED,
        "by_hand": administrator and (line.credential is None or line.credential.never_issued),
        "administrator": administrator,
        "form": form,
        "refusal": refusal,
        "crumbs": crumbs(workshop, (_desk_address(workshop), _("Certificates"))),
    }
    return render(request, "certificates/workshop_person.html", context, status=422 if refusal else 200)


def _acts_for_one(
    request: HttpRequest, workshop: Workshop, row: Registration, form: HandOverForm, person: User
) -> Acts:
    def issue() -> str:
        number = services.issue(registration=row, actor=person).number
        return _("The new certificate has the number %(number)s.") % {"number": number}

    def by_hand() -> str:
        reason = request.POST.get("reason", "")
        number = services.issue_by_hand(registration=row, reason=reason, actor=person).number
        return _("The new certificate has the number %(number)s.") % {"number": number}

    def hand_over() -> str:
        if not form.is_valid():
            raise Refused(_("The day cannot be read."), _("Write it as in 2026-11-24."))
        handover.hand_over(credential=_held(workshop, row), actor=person, **form.cleaned_data)
        return _("The hand-over to participant %(number)s is noted.") % {"number": row.number}

    def take_back() -> str:
        handover.take_back(credential=_held(workshop, row), actor=person, reason=request.POST.get("reason", ""))
        return _("The hand-over is struck.")

    return {"issue": issue, "by-hand": by_hand, "hand-over": hand_over, "take-back": take_back}


@require_safe
def specimen(request: HttpRequest, id: UUID) -> HttpResponse:
    """How a certificate of this workshop will look: no number that verifies, no signature."""
    workshop = workshop_for(request, id, Capability.MANAGE_COHORTS)
    language = request.GET.get("in") or get_language() or ""
    content = services.specimen(workshop=workshop, language=language)
    return _pdf(content, f"{workshop.code}-specimen.pdf", show=True)


@require_safe
def papers(request: HttpRequest, id: UUID) -> HttpResponse:
    """All papers in one file, as the person who asks had them put together last."""
    workshop = workshop_for(request, id, Capability.MANAGE_COHORTS)
    person = access.signed_in(request)
    done = services.of_workshop(workshop, kind=services.PRINT).filter(asked_by=person, status=Job.Status.DONE).first()
    if done is None or not default_storage.exists(name := services.print_name(done.pk)):
        raise Http404
    with default_storage.open(name) as file:
        return _pdf(file.read(), f"{workshop.code}.pdf")


def _pdf(content: bytes, name: str, *, show: bool = False) -> HttpResponse:
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'{"inline" if show else "attachment"}; filename="{name}"'
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_safe
def register(request: HttpRequest, id: UUID) -> HttpResponse:
    """The hand-over register, to print and sign. Protected people stand on it by their pseudonym."""
    workshop = workshop_for(request, id, Capability.MANAGE_COHORTS)
    context: dict[str, Any] = {
        "workshop": workshop,
        "lines": lists.register_of(workshop),
        "crumbs": crumbs(workshop, (_desk_address(workshop), _("Certificates"))),
    }
    return render(request, "certificates/workshop_register.html", context)
