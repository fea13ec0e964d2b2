"""The desk of workshops: the list, a new one, one workshop and its facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from people import access
from people.models import Institution, Role
from people.names import shown_names
from people.policy import Capability
from workshops import services
from workshops.forms import FacilitatorForm, ReasonForm, WorkshopForm
from workshops.models import Workshop
from workshops.queries import planning as queries
from workshops.queries.observation import of_workshop
from workshops.views.shared import act, crumbs, page_of, workshop_for

form_page = require_http_methods(["GET", "HEAD", "POST"])
LATENESS = (15, 30, 45, 60)


@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """The workshops of the branch, and those the reader leads."""
    viewer = access.signed_in(request)
    screen = queries.desk(viewer, when=request.GET.get("when", ""), page=request.GET.get("page"))
    return render(
        request,
        "workshops/desk.html",
        {
            "screen": screen,
            "whens": [("coming", _("Coming and running")), ("past", _("Past")), ("all", _("All"))],
            "address": f"when={screen.when}&",
            "may_plan": access.can(viewer, Capability.PLAN_WORKSHOPS),
            "may_propose": access.can(viewer, Capability.PROPOSE_PARTICIPANTS),
        },
    )


def _organisers(request: HttpRequest) -> list[Institution]:
    reach = access.institutions_for(access.signed_in(request), Capability.PLAN_WORKSHOPS)
    return list(reach.filter(closed=None).order_by("path"))


@form_page
def new(request: HttpRequest) -> HttpResponse:
    """Begin a workshop."""
    form = WorkshopForm(request.POST or None, organisers=_organisers(request))
    made: list[Workshop] = []

    def do(data: Mapping[str, Any]) -> None:
        made.append(services.plan_workshop(actor=access.signed_in(request), **data))

    return act(
        request,
        do=do,
        done=lambda: _("Workshop %(code)s is planned. Next: its sessions.") % {"code": made[0].code},
        back=lambda: page_of(made[0]),
        heading=_("New workshop"),
        button=_("Plan the workshop"),
        form=form,
        sentences=[_("You lead it; others can be added. Nobody is told before you announce it.")],
        action="plan",
    )


@require_safe
def workshop(request: HttpRequest, id: UUID) -> HttpResponse:
    """One workshop: what is missing, sessions and agenda, who leads."""
    found = workshop_for(request, id, Capability.SEE_COHORTS)
    viewer = access.signed_in(request)
    asked = request.GET.get("late", "")
    late = int(asked) if asked in {str(minutes) for minutes in LATENESS} else 0
    return render(
        request,
        "workshops/workshop.html",
        {
            "observations": of_workshop(found, viewer),
            "screen": queries.workshop_screen(found, viewer, late=late),
            "workshop": found,
            "late": late,
            "lateness": LATENESS,
            "language": dict(settings.LANGUAGES).get(found.language, found.language),
            "can": {
                "change": access.can(viewer, Capability.MANAGE_COHORTS, found)
                and found.status in (Workshop.Status.DRAFT, Workshop.Status.ANNOUNCED),
                "decide": access.can(viewer, Capability.DECIDE_DESIGNATION, found),
                "observe": access.holds_role(viewer, Role.MASTER) or access.can(viewer, Capability.SIGN_STAGE),
            },
            "crumbs": crumbs(),
        },
    )


@form_page
def edit(request: HttpRequest, id: UUID) -> HttpResponse:
    """Change the facts."""
    found = workshop_for(request, id, Capability.MANAGE_COHORTS)
    form = WorkshopForm(request.POST or None, instance=Workshop.objects.get(pk=found.pk))
    sentences = []
    if found.status == Workshop.Status.ANNOUNCED:
        sentences.append(_("Day and place are told once to everybody concerned, ten minutes after the last change."))
    return act(
        request,
        do=lambda data: services.change_workshop(workshop=found, actor=access.signed_in(request), **data),
        done=_("The workshop is saved."),
        back=page_of(found),
        heading=_("Change %(code)s") % {"code": found.code},
        button=_("Save"),
        form=form,
        sentences=[*sentences, _("If the first day moves, the sessions move along.")],
        way=crumbs(found),
    )


@form_page
def announce(request: HttpRequest, id: UUID) -> HttpResponse:
    """Make it known."""
    found = workshop_for(request, id, Capability.MANAGE_COHORTS)
    return act(
        request,
        do=lambda data: services.announce(workshop=found, actor=access.signed_in(request)),
        done=_("The workshop is announced."),
        back=page_of(found),
        heading=_("Announce %(code)s?") % {"code": found.code},
        sentences=[
            _("Everybody who is invited or accepted is told, by its code, with an entry for their calendar."),
            _("Later changes of day, hours or place are told to them once."),
        ],
        button=_("Announce"),
        way=crumbs(found),
        action="announce",
    )


@form_page
def cancel(request: HttpRequest, id: UUID) -> HttpResponse:
    """Call it off, with a reason."""
    found = workshop_for(request, id, Capability.MANAGE_COHORTS)
    return act(
        request,
        do=lambda data: services.cancel_workshop(
            workshop=found, reason=data["reason"], actor=access.signed_in(request)
        ),
        done=_("The workshop is cancelled; everybody concerned is told once."),
        back=page_of(found),
        heading=_("Cancel %(code)s?") % {"code": found.code},
        sentences=[
            _("Everybody invited, accepted or leading is told once, and it leaves their calendars."),
            _("A cancelled workshop cannot be taken up again."),
        ],
        button=_("Cancel the workshop"),
        form=ReasonForm(request.POST or None),
        danger=True,
        way=crumbs(found),
        action="cancel-workshop",
    )


@form_page
def facilitator(request: HttpRequest, id: UUID) -> HttpResponse:
    """Let somebody lead or co-facilitate."""
    found = workshop_for(request, id, Capability.MANAGE_COHORTS)
    teachers = queries.teachers()
    names = shown_names(teachers, access.signed_in(request))
    form = FacilitatorForm(request.POST or None, people=[(person, names[person.pk]) for person in teachers])
    return act(
        request,
        do=lambda data: services.set_facilitator(
            workshop=found, user=data["person"], part=data["part"], actor=access.signed_in(request)
        ),
        done=_("The facilitator is named."),
        back=page_of(found),
        heading=_("Who leads or helps?"),
        sentences=[_("They see the list and its names, change the plan, and record attendance.")],
        button=_("Name the facilitator"),
        form=form,
        way=crumbs(found),
    )


@form_page
def facilitator_end(request: HttpRequest, id: UUID, pk: int) -> HttpResponse:
    """Take somebody off who leads or helps."""
    found = workshop_for(request, id, Capability.MANAGE_COHORTS)
    row = get_object_or_404(found.facilitators.select_related("workshop__organiser", "user"), pk=pk)
    return act(
        request,
        do=lambda data: services.remove_facilitator(facilitator=row, actor=access.signed_in(request)),
        done=_("The person no longer leads or helps."),
        back=page_of(found),
        heading=_("Take this facilitator off?"),
        sentences=[_("They no longer see the list of this workshop.")],
        button=_("Take off"),
        danger=True,
        way=crumbs(found),
    )
