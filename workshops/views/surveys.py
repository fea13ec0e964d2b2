"""Surveys: the evaluation, on a phone or typed in from paper, and the form that comes three months later."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from operations.days import longdate
from operations.errors import Refused
from operations.words import in_language
from people import access
from people.policy import Capability
from workshops.models import Workshop
from workshops.rules import may_survey
from workshops.services import surveys as services
from workshops.survey import NOT_APPLICABLE, TRAINEE, TRANSFER, Survey, read_survey
from workshops.views.planning import form_page
from workshops.views.shared import crumbs, own_registration, page_of, see_other, workshop_for


def _page(
    request: HttpRequest,
    survey: Survey | None,
    form: str,
    *,
    keep: Callable[[Mapping[str, Any]], None],
    done: str,
    back: str,
    context: dict[str, Any],
) -> HttpResponse:
    """A form of a survey, shown and taken in; what was filled in stays where it is refused."""
    if survey is None or form not in survey.forms:
        raise Http404
    refusal = None
    if request.method == "POST":
        try:
            keep(request.POST)
        except Refused as caught:
            refusal = caught
        else:
            messages.success(request, done)
            return see_other(back)
    points = [(str(value), in_language(words)) for value, words in survey.points]
    points.append((NOT_APPLICABLE, in_language(survey.not_applicable)))
    items = [
        {
            "item": item,
            "number": number,
            "given": request.POST.getlist(item.id),
            "options": [(id, in_language(words)) for id, words in item.options] or points,
        }
        for number, item in enumerate(survey.forms[form].items, start=1)
    ]
    context |= {
        "title": in_language(survey.title),
        "intro": in_language(survey.intro),
        "items": items,
        "refusal": refusal,
        "back": context.get("back", back),
    }
    return render(request, "workshops/survey.html", context, status=422 if refusal else 200)


@form_page
def survey(request: HttpRequest, id: UUID) -> HttpResponse:
    """A participant's evaluation, without anything that leads to them."""
    row = own_registration(request, id)
    person = access.signed_in(request)
    return _page(
        request,
        read_survey(),
        TRAINEE,
        keep=lambda data: services.answer_survey(registration=row, user=person, data=data),
        done=_("Thank you: your answers are kept without your name."),
        back=reverse("my-workshop", args=[id]),
        context={
            "workshop": row.workshop,
            "here": _("Evaluation"),
            "open": may_survey(row.workshop, row),
            "shut": _("The evaluation is open from the last day on, until attendance is closed."),
        },
    )


@form_page
def survey_paper(request: HttpRequest, id: UUID) -> HttpResponse:
    """Type in an evaluation that was filled in on paper; the page comes back empty for the next one."""
    workshop = workshop_for(request, id, Capability.MANAGE_COHORTS)
    found, person = read_survey(), access.signed_in(request)
    return _page(
        request,
        found,
        TRAINEE,
        keep=lambda data: services.type_survey(workshop=workshop, actor=person, data=data),
        done=_("Kept. The next sheet."),
        back=request.path,
        context={
            "workshop": workshop,
            "open": True,
            "typed": True,
            "back": page_of(workshop),
            "kept": workshop.survey_answers.filter(survey=found.id).count() if found else 0,
            "crumbs": crumbs(workshop),
        },
    )


@form_page
def after(request: HttpRequest, id: UUID, form: str) -> HttpResponse:
    """Three months later: what a participant, or a supervisor, says of the work since. 404 for people whom it does not ask."""
    workshop = get_object_or_404(Workshop.objects.exclude(status=Workshop.Status.DRAFT), pk=id)
    person, found = access.signed_in(request), read_survey(TRANSFER)
    mine = form == TRAINEE and own_registration(request, id) is not None
    window = found.window(timezone.localdate(workshop.closed_at)) if found and workshop.closed_at else None
    if not mine and (
        window is None or not services.asked_of(workshop=workshop, user=person, form=form, opens=window[0])
    ):
        raise Http404
    days = {
        "first": longdate(window[0]) if window else "",
        "last": longdate(window[2] - dt.timedelta(days=1)) if window else "",
    }
    return _page(
        request,
        found,
        form,
        keep=lambda data: services.answer_transfer(workshop=workshop, form=form, user=person, data=data),
        done=_("Thank you: your answers are kept without your name."),
        back=reverse("my-workshop", args=[id]) if mine else reverse("my-workshops"),
        context={
            "workshop": workshop,
            "here": _("Afterwards"),
            "open": services.open_form(workshop=workshop, user=person, form=form, survey=found),
            "shut": _("This form is open from %(first)s to %(last)s, for those who were there.") % days
            if window
            else _("This form opens three months after attendance is closed."),
            "rules": in_language(found.confidentiality) if found else "",
        },
    )
