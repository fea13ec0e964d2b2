"""The pathway: a candidate's own map of stages, and the desk of those who sign. Views parse, ask and show."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from certificates.forms import CardForm
from certificates.models import Appeal, Candidate, Pathway, StageDecision, StageEvidence
from certificates.queries.pathways import map_of
from certificates.queries.trainers import known_regions
from certificates.services import pathways as services
from certificates.services.trainers import save_card
from certificates.trainer_views import tabs
from courses.models import Course, CourseText
from operations.errors import Refused
from operations.words import in_language
from people import access
from people.models import Role, User
from people.names import is_protected, shown_name, shown_names


def _act(request: HttpRequest, acts: dict[str, Any], page: str) -> HttpResponseRedirect | Refused:
    """Do what the button that was pressed says; 404 for a button that there is not."""
    do = acts.get(request.POST.get("do", ""))
    if do is None:
        raise Http404
    try:
        done = do()
    except Refused as refusal:
        return refusal
    messages.success(request, done)
    return HttpResponseRedirect(page, status=303)


def _stages(candidate: Candidate) -> list[dict[str, Any]]:
    """The map in words of the active language."""
    return [
        {
            "view": view,
            "slug": view.stage["id"],
            "title": in_language(view.stage["title"]),
            "words": in_language(view.stage.get("description", {})),
            "signer": services.signer_in_words(view.stage),
            "asked": [in_language(one) for one in view.stage.get("evidence", ())],
            "appeal": getattr(view.decision, "appeal", None) if view.decision else None,
        }
        for view in map_of(candidate)
    ]


# --- the candidate's own ----------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def pathway(request: HttpRequest) -> HttpResponse:
    """The person's map of stages; without a candidacy, the pathways to join."""
    person = access.signed_in(request)
    rows = Candidate.objects.filter(user=person).exclude(state=Candidate.State.LEFT).select_related("pathway", "mentor")
    candidate = rows.order_by("-state", "-begun").first()
    refusal = None
    if request.method == "POST":
        answer = _act(request, _own_acts(request, person, candidate), reverse("pathway"))
        if isinstance(answer, HttpResponse):
            return answer
        refusal = answer
    context: dict[str, Any] = {"refusal": refusal, "candidate": candidate}
    if candidate is None:
        context |= {"roads": [_road(one) for one in Pathway.objects.all()], "courses": _courses_of(person)}
    else:
        stages = _stages(candidate)
        context |= {
            "stages": stages,
            "place": next((at for at, stage in enumerate(stages, 1) if stage["view"].state == "next"), None),
            "mentor": shown_name(candidate.mentor, person) if candidate.mentor else "",
            "principles": _principles(candidate.pathway),
        }
        if candidate.credential_id is not None:
            context |= {"card": _card(candidate, request.POST if refusal else None), "protected": is_protected(person)}
    return render(request, "certificates/pathway.html", context, status=422 if refusal else 200)


def _road(pathway: Pathway) -> dict[str, Any]:
    """What somebody reads before joining, in words of the active language."""
    return {
        "pathway": pathway,
        "purpose": in_language(pathway.definition.get("purpose", {})),
        "stages": [
            {"title": in_language(stage["title"]), "words": in_language(stage.get("description", {}))}
            for stage in pathway.stages
        ],
        "principles": _principles(pathway),
    }


def _principles(pathway: Pathway) -> list[str]:
    return [in_language(one) for one in pathway.definition.get("principles", ())]


def _courses_of(person: User) -> list[tuple[str, str]]:
    """(code, title) of the courses that the person has begun: those they may want to deliver. 1 query."""
    rows = CourseText.objects.filter(course__enrolments__user=person).select_related("course").defer("folded")
    titles: dict[str, dict[str, str]] = {}
    for text in rows.order_by("course__code"):
        titles.setdefault(text.course.code, {})[text.language] = text.title
    return [(code, in_language(words)) for code, words in titles.items()]


def _own_acts(request: HttpRequest, person: User, candidate: Candidate | None) -> dict[str, Any]:
    def join() -> str:
        road = get_object_or_404(Pathway, pk=request.POST.get("pathway", ""))
        wanted = Course.objects.filter(enrolments__user=person, code__in=request.POST.getlist("course")).distinct()
        services.join(user=person, pathway=road, courses=list(wanted))
        return _("You are on the pathway.")

    if candidate is None:
        return {"join": join}

    def bring() -> str:
        services.bring(
            candidate=candidate,
            stage=request.POST.get("stage", ""),
            title=request.POST.get("title", ""),
            note=request.POST.get("note", ""),
            file=request.FILES.get("file"),
            actor=person,
        )
        return _("Your evidence is there. Somebody who signs this stage will look at it.")

    def appeal() -> str:
        decision = _decision(request, candidate)
        services.appeal(decision=decision, text=request.POST.get("text", ""), actor=person)
        return _("Your appeal is recorded. The programme’s coordination answers it.")

    def leave() -> str:
        services.leave(candidate=candidate, actor=person)
        return _("You have left the pathway. What was signed stays.")

    def card() -> str:
        form = _card(candidate, request.POST)
        if not form.is_valid():
            raise Refused(_("Something on your card cannot be."), _("Choose from the lists, and write days as days."))
        save_card(candidate=candidate, actor=person, **form.cleaned_data)
        return _("Your card is saved.")

    return {"bring": bring, "appeal": appeal, "leave": leave, "card": card}


def _card(candidate: Candidate, data: Any = None) -> CardForm:
    """The trainer's card; as it was sent, where the card was sent."""
    sent = data if data is not None and data.get("do") == "card" else None
    return CardForm(sent, candidate=candidate, regions=known_regions())


def _decision(request: HttpRequest, candidate: Candidate) -> StageDecision:
    key = request.POST.get("decision", "")
    return get_object_or_404(candidate.decisions, pk=int(key) if key.isdecimal() and len(key) < 12 else 0)


# --- those who sign ---------------------------------------------------------------------------------------------------


def _may_sign(person: User, candidate: Candidate) -> list[str]:
    """The stages of this candidate that the person may sign. 8 queries for each kind of signer at most."""
    roles: dict[str, bool] = {}
    for stage in candidate.pathway.stages:
        wanted = stage["signed_off_by"]["role"]
        if wanted not in roles:
            roles[wanted] = services.signs_as(person, candidate=candidate, stage=stage) is not None
    return [one["id"] for one in candidate.pathway.stages if roles[one["signed_off_by"]["role"]]]


@require_safe
def candidates(request: HttpRequest) -> HttpResponse:
    """Who is under way and waits for a stage that the person may sign; nobody for people who sign nothing."""
    person = access.signed_in(request)
    signs = access.holds_role(person, Role.MASTER, Role.COORDINATOR, Role.REVIEWER)
    rows = Candidate.objects.filter(state=Candidate.State.OPEN, user__isnull=False).exclude(user=person)
    if not signs:  # a certified trainer signs for those beside whom they led a workshop, and for their mentees
        beside = Q(user__facilitates__workshop__facilitators__user=person)
        rows = rows.filter(Q(mentor=person) | beside).distinct()
    found: list[dict[str, Any]] = []
    for candidate in rows.select_related("pathway", "user").order_by("begun", "pk")[:200]:
        if mine := _may_sign(person, candidate):
            view = next((view for view in map_of(candidate) if view.state == "next"), None)
            found.append(
                {
                    "candidate": candidate,
                    "stage": in_language(view.stage["title"]) if view else "",
                    "waits": view is not None and view.stage["id"] in mine,
                }
            )
    names = shown_names([row["candidate"].user for row in found], person)
    for row in found:
        row["name"] = names[row["candidate"].user_id]
    return render(request, "certificates/candidates.html", {"rows": found, "tabs": tabs(person)})


def _candidate_for(person: User, id: UUID) -> tuple[Candidate, list[str]]:
    """The candidate and the stages that the person may sign; 404 to those who may sign none and answer no appeal."""
    candidate = get_object_or_404(Candidate.objects.select_related("pathway", "user"), pk=id, user__isnull=False)
    mine = _may_sign(person, candidate)
    if not mine:
        raise Http404
    return candidate, mine


@require_http_methods(["GET", "HEAD", "POST"])
def candidate(request: HttpRequest, id: UUID) -> HttpResponse:
    """One candidate: the map, evidence to judge, the stage to sign, opinions of the panel, appeals."""
    person = access.signed_in(request)
    found, mine = _candidate_for(person, id)
    refusal = None
    if request.method == "POST":
        answer = _act(request, _signing_acts(request, person, found), reverse("teach-candidate", args=[id]))
        if isinstance(answer, HttpResponse):
            return answer
        refusal = answer
    stages = _stages(found)
    for stage in stages:
        stage["mine"] = stage["slug"] in mine
        stage["opinions"] = services.current_opinions(found, stage=stage["slug"]) if stage["mine"] else []
    context = {
        "refusal": refusal,
        "candidate": found,
        "name": shown_name(found.user, person) if found.user else "",
        "stages": stages,
        "coordinates": access.holds_role(person, Role.COORDINATOR),
        "peer": access.holds_role(person, Role.MASTER),
        "person": person,
    }
    return render(request, "certificates/candidate.html", context, status=422 if refusal else 200)


def _signing_acts(request: HttpRequest, person: User, found: Candidate) -> dict[str, Any]:
    reason = request.POST.get("reason", "")

    def judge() -> str:
        key = request.POST.get("evidence", "")
        piece = get_object_or_404(found.evidence, pk=int(key) if key.isdecimal() and len(key) < 12 else 0)
        services.judge(evidence=piece, accept=request.POST.get("accept") == "yes", actor=person, reason=reason)
        return _("The candidate is told.")

    def sign(outcome: str) -> str:
        stage = request.POST.get("stage", "")
        made = services.sign(candidate=found, stage=stage, outcome=outcome, actor=person, reason=reason)
        if isinstance(made, StageDecision):
            return _("The stage is decided. The candidate is told.")
        return _("Your opinion is recorded. Three decide.")

    def review() -> str:
        services.review_provisional(decision=_decision(request, found), actor=person)
        return _("Thank you: it is noted that you have read it.")

    def answer() -> str:
        appeal = get_object_or_404(Appeal, decision=_decision(request, found))
        upheld = request.POST.get("upheld") == "yes"
        services.answer_appeal(appeal=appeal, upheld=upheld, answer=reason, actor=person)
        return _("The candidate is told.")

    return {
        "judge": judge,
        "pass": lambda: sign(StageDecision.Outcome.PASSED),
        "not-yet": lambda: sign(StageDecision.Outcome.NOT_YET),
        "review": review,
        "answer": answer,
    }


@require_safe
def evidence_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A file that a candidate brought: for the candidate and for those who may sign its stage. Always a download."""
    person = access.signed_in(request)
    piece = get_object_or_404(StageEvidence.objects.select_related("candidate__pathway", "candidate__user"), pk=pk)
    if not piece.file:
        raise Http404
    found = piece.candidate
    if found.user_id != person.pk and piece.stage not in _may_sign(person, found):
        raise Http404
    name = Path(str(piece.file.name)).name
    return FileResponse(
        piece.file.open("rb"), as_attachment=True, filename=name, content_type="application/octet-stream"
    )
