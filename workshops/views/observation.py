"""Observing a trainer: whom and when, the rubric on a phone, what two observers gave, the trainer's reply."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from operations.errors import Refused
from people.access import signed_in
from people.names import shown_name, shown_names
from workshops.models import Observation, Workshop
from workshops.queries.observation import RubricView, agreement, beside, rubric_of
from workshops.services import observation as services
from workshops.views.shared import crumbs, see_other

RUBRIC = "facilitation-observation"


def observe(request: HttpRequest, id: UUID) -> HttpResponse:
    """Choose a session and a facilitator; 404 where the person may observe none of them."""
    person = signed_in(request)
    workshop = Workshop.objects.filter(pk=id).select_related("organiser").first()
    if workshop is None:
        raise Http404
    leads = [row.user for row in workshop.facilitators.select_related("user") if row.user is not None]
    trainers = [one for one in leads if services.may_observe(person, trainer=one, workshop=workshop)]
    if not trainers:
        raise Http404
    sessions = list(workshop.sessions.filter(cancelled=False))
    refusal = None
    if request.method == "POST":
        trainer = next((one for one in trainers if str(one.key) == request.POST.get("trainer")), None)
        session = next((one for one in sessions if str(one.pk) == request.POST.get("session")), None)
        if trainer is None or session is None:
            refusal = Refused(_("Choose a session and a facilitator."))
        else:
            try:
                row = services.begin_observation(session=session, trainer=trainer, observer=person, rubric=RUBRIC)
            except Refused as caught:
                refusal = caught
            else:
                return see_other(reverse("observation", args=[row.pk]))
    names = shown_names(trainers, person)
    context = {
        "workshop": workshop,
        "trainers": [(one, names[one.pk]) for one in trainers],
        "sessions": sessions,
        "refusal": refusal,
        "crumbs": crumbs(workshop),
    }
    return render(request, "workshops/observe.html", context, status=422 if refusal else 200)


def fill_in(request: HttpRequest, id: UUID) -> HttpResponse:
    """The observer's own: the rubric to fill in, and what the other observer gave once both have."""
    person = signed_in(request)
    row = Observation.objects.filter(pk=id, observer=person).select_related("workshop", "session", "trainer").first()
    if row is None:
        raise Http404
    rubric = rubric_of(row.rubric)
    refusal = None
    if request.method == "POST" and rubric is not None:
        try:
            row = services.save_observation(observation=row, actor=person, **_sent(request, rubric))
            if request.POST.get("do") == "give":
                services.give_observation(observation=row, actor=person)
        except Refused as caught:
            refusal = caught
        else:
            given = request.POST.get("do") == "give"
            messages.success(request, _("Given to the trainer.") if given else _("Your draft is saved."))
            return see_other(reverse("observation", args=[row.pk]))
    template = "workshops/observation.html" if row.status == Observation.Status.DRAFT else "workshops/observed.html"
    name = shown_name(row.trainer, person) if row.trainer else "–"
    context = {"row": row, "name": name, "refusal": refusal, **_shown(row, rubric, beside(row, person))}
    return render(request, template, context, status=422 if refusal else 200)


def mine(request: HttpRequest, id: UUID) -> HttpResponse:
    """The trainer's own: what was seen, by each observer, and the reply."""
    person = signed_in(request)
    rows = Observation.objects.filter(pk=id, trainer=person, status=Observation.Status.GIVEN)
    row = rows.select_related("workshop", "session", "observer").first()
    if row is None:
        raise Http404
    refusal = None
    if request.method == "POST":
        try:
            services.reply_to_observation(observation=row, actor=person, text=request.POST.get("text", ""))
        except Refused as caught:
            refusal = caught
        else:
            messages.success(request, _("Your reply is kept with the observation."))
            return see_other(reverse("my-observation", args=[row.pk]))
    context = {
        "row": row,
        "refusal": refusal,
        "may_reply": row.replied is None,
        **_shown(row, rubric_of(row.rubric), beside(row, person)),
    }
    return render(request, "workshops/observed.html", context, status=422 if refusal else 200)


def _sent(request: HttpRequest, rubric: RubricView) -> dict[str, Any]:
    """What the form holds, as `save_observation` takes it."""
    scores = {}
    for one in rubric.criteria:
        level = request.POST.get(f"level-{one.slug}", "")
        scores[one.slug] = {
            "level": int(level) if level.isdecimal() and len(level) < 3 else None,
            "facts": request.POST.get(f"facts-{one.slug}", ""),
        }
    minutes = request.POST.get("minutes", "")
    return {
        "scores": scores,
        "strengths": request.POST.get("strengths", ""),
        "next_steps": request.POST.get("next_steps", ""),
        "minutes": int(minutes) if minutes.isdecimal() and 0 < int(minutes[:4]) <= 600 and len(minutes) < 4 else 45,
        "recording": bool(request.POST.get("recording")),
    }


def _shown(row: Observation, rubric: RubricView | None, others: list[Observation]) -> dict[str, Any]:
    """Criteria with what was given for each, and the other observer's beside it."""
    lines = [
        {
            "criterion": one,
            "level": row.scores.get(one.slug, {}).get("level"),
            "facts": row.scores.get(one.slug, {}).get("facts", ""),
            "others": [other.scores.get(one.slug, {}).get("level") for other in others],
        }
        for one in (rubric.criteria if rubric else ())
    ]
    found = agreement(row.scores, others[0].scores) if others else None
    return {
        "crumbs": crumbs(row.workshop) if row.workshop else (),
        "rubric": rubric,
        "lines": lines,
        "others": others,
        "gap": found.gap if found else None,
        "share": round(found.equal * 100) if found else None,
    }
