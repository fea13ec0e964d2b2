"""Sessions and their agenda."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from operations.errors import Refused
from people import access
from people.policy import Capability
from workshops import services
from workshops.forms import GuideForm, LineSet, SessionForm
from workshops.models import Session
from workshops.services.agenda import Item
from workshops.views.planning import form_page
from workshops.views.shared import act, crumbs, page_of, see_other, session_for, workshop_for


@form_page
def agenda(request: HttpRequest, id: UUID) -> HttpResponse:
    """Take sessions and agenda from the guide of the course."""
    found = workshop_for(request, id, Capability.MANAGE_COHORTS)
    left: list[str] = []

    def do(data: Mapping[str, Any]) -> None:
        plan = services.build_agenda(workshop=found, starts=data["starts"], actor=access.signed_in(request))
        left.extend(step.title for step in plan.left_out)

    def done() -> str:
        if not left:
            return _("Sessions and agenda are taken from the guide. Everything can be changed.")
        return ngettext(
            "Taken from the guide; no hour was found for: %(steps)s.",
            "Taken from the guide; no hours were found for: %(steps)s.",
            len(left),
        ) % {"steps": "; ".join(left)}

    return act(
        request,
        do=do,
        done=done,
        back=page_of(found),
        heading=_("Sessions and agenda from the guide"),
        sentences=[
            _(
                "Sessions planned before are replaced. Feasts are left out; on Fridays nothing lies between 12:30 and 14:00."
            ),
            _("During Ramadan a day ends at 14:30, without a meal; what does not fit goes on the next day."),
        ],
        button=_("Take them from the guide"),
        form=GuideForm(request.POST or None, initial={"starts": dt.time(8, 30)}),
        way=crumbs(found),
    )


@form_page
def new(request: HttpRequest, id: UUID) -> HttpResponse:
    """One more session."""
    found = workshop_for(request, id, Capability.MANAGE_COHORTS)
    form = SessionForm(request.POST or None, initial={"day": found.starts})
    return act(
        request,
        do=lambda data: services.add_session(workshop=found, actor=access.signed_in(request), **data),
        done=_("The session is added."),
        back=page_of(found),
        heading=_("New session"),
        button=_("Add the session"),
        form=form,
        way=crumbs(found),
    )


@form_page
def edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Day, hours, title."""
    found = session_for(request, pk, Capability.MANAGE_COHORTS)
    form = SessionForm(request.POST or None, instance=Session.objects.get(pk=found.pk))
    return act(
        request,
        do=lambda data: services.change_session(session=found, actor=access.signed_in(request), **data),
        done=_("The session is saved."),
        back=page_of(found.workshop),
        heading=_("Change the session"),
        sentences=[_("Its agenda moves along with its beginning.")],
        button=_("Save"),
        form=form,
        way=crumbs(found.workshop),
    )


@form_page
def remove(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take the session out of the plan."""
    found = session_for(request, pk, Capability.MANAGE_COHORTS)
    return act(
        request,
        do=lambda data: services.remove_session(session=found, actor=access.signed_in(request)),
        done=_("The session is removed."),
        back=page_of(found.workshop),
        heading=_("Remove the session?"),
        sentences=[_("Its agenda goes with it.")],
        button=_("Remove the session"),
        danger=True,
        way=crumbs(found.workshop),
    )


@form_page
def lines(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The agenda of one session, line by line."""
    found = session_for(request, pk, Capability.MANAGE_COHORTS)
    items = [
        {"minutes": item.minutes, "title": item.title, "trace": item.trace, "pause": item.pause, "cut": item.cut}
        for item in found.agenda.all()
    ]
    formset = LineSet(request.POST or None, initial=items)
    refusal = None
    if request.method == "POST" and formset.is_valid():
        written = [
            Item(data["minutes"], data["title"], data["trace"], data["pause"], data["cut"])
            for data in formset.cleaned_data
            if data.get("title")
        ]
        try:
            services.write_agenda(session=found, items=written, actor=access.signed_in(request))
        except Refused as caught:
            refusal = caught
        else:
            messages.success(request, _("The agenda is saved."))
            return see_other(page_of(found.workshop))
    context = {"session": found, "formset": formset, "refusal": refusal, "crumbs": crumbs(found.workshop)}
    status = 422 if request.method == "POST" else 200
    return render(request, "workshops/lines.html", context, status=status)
