"""The pathway: a candidate's own map of stages, and the desk of those who sign. Views parse, ask and show."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from certificates.forms import CardForm
from certificates.models import Appeal, Candidate, Pathway, StageDecision, StageEvidence
from certificates.queries.candidates import desk, stage_title
from certificates.queries.pathways import led_together, map_of, open_appeals, possible_mentors, signer
from certificates.queries.trainers import known_regions
from certificates.services import pathways as services
from certificates.services.trainers import save_card
from certificates.trainer_views import tabs
from courses.models import Course, CourseText
from operations.errors import Refused
from operations.words import in_language, language_of
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
            "language": language_of(view.stage["title"]),
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
            "mentors": _mentors(candidate, person) if candidate.state == Candidate.State.OPEN else [],
            "principles": _principles(candidate.pathway),
        }
        if candidate.credential_id is not None:
            context |= {"card": _card(candidate, request.POST if refusal else None), "protected": is_protected(person)}
    return render(request, "certificates/pathway.html", context, status=422 if refusal else 200)


def _road(pathway: Pathway) -> dict[str, Any]:
    """What somebody reads before joining, in words of the active language."""
    return {
        "pathway": pathway,
        "language": language_of(pathway.definition.get("title", {})),
        "purpose": in_language(pathway.definition.get("purpose", {})),
        "stages": [
            {
                "language": language_of(stage["title"]),
                "title": in_language(stage["title"]),
                "words": in_language(stage.get("description", {})),
            }
            for stage in pathway.stages
        ],
        "principles": _principles(pathway),
    }


def _principles(pathway: Pathway) -> list[tuple[str, str]]:
    """(language, sentence)."""
    return [(language_of(one), in_language(one)) for one in pathway.definition.get("principles", ())]


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

    return {
        "bring": bring,
        "appeal": appeal,
        "leave": leave,
        "card": card,
        "mentor": lambda: _mentor_named(request, candidate, person),
    }


def _card(candidate: Candidate, data: Any = None) -> CardForm:
    """The trainer's card; as it was sent, where the card was sent."""
    sent = data if data is not None and data.get("do") == "card" else None
    return CardForm(sent, candidate=candidate, regions=known_regions())


def _decision(request: HttpRequest, candidate: Candidate) -> StageDecision:
    key = request.POST.get("decision", "")
    return get_object_or_404(candidate.decisions, pk=int(key) if key.isdecimal() and len(key) < 12 else 0)


# --- those who sign ---------------------------------------------------------------------------------------------------


@require_safe
def candidates(request: HttpRequest) -> HttpResponse:
    """Who is under way and waits for a stage that the person may sign, and the appeals that they may answer; nobody for
    people who sign nothing."""
    person = access.signed_in(request)
    query, waiting = request.GET.get("q", "").replace("\x00", "").strip()[:100], request.GET.get("for") == "me"
    screen = desk(person, query=query, waiting=waiting, page=request.GET.get("page"))
    address = urlencode({"q": query, **({"for": "me"} if waiting else {})}) + "&"
    context = {"screen": screen, "query": query, "waiting": waiting, "address": address, "tabs": tabs(person)}
    return render(request, "certificates/candidates.html", context)


def _candidate_for(person: User, id: UUID) -> tuple[Candidate, list[str], list[Appeal]]:
    """The candidate, the stages that the person may sign and the appeals they may answer; 404 to those who have neither."""
    rows = Candidate.objects.select_related("pathway", "user", "mentor")
    candidate = get_object_or_404(rows, pk=id, user__isnull=False)
    mine, appeals = signer(person, [candidate]).stages_of(candidate), open_appeals(person, candidate)
    if not mine and not appeals:
        raise Http404
    return candidate, mine, appeals


@require_http_methods(["GET", "HEAD", "POST"])
def candidate(request: HttpRequest, id: UUID) -> HttpResponse:
    """One candidate: the map, evidence to judge, the stage to sign, opinions of the panel, appeals."""
    person = access.signed_in(request)
    found, mine, appeals = _candidate_for(person, id)
    refusal = None
    if request.method == "POST":
        answer = _act(request, _signing_acts(request, person, found), reverse("teach-candidate", args=[id]))
        if isinstance(answer, HttpResponse):
            return answer
        refusal = answer
    stages = _stages(found)
    appealed = {one.decision.stage for one in appeals}
    for stage in stages:
        stage["mine"] = stage["slug"] in mine
        stage["read"] = stage["mine"] or stage["slug"] in appealed
        stage["opinions"] = services.current_opinions(found, stage=stage["slug"]) if stage["mine"] else []
    context = {
        "refusal": refusal,
        "candidate": found,
        "name": shown_name(found.user, person) if found.user else "",
        "stages": stages,
        "appeals": [(one, stage_title(one.decision)) for one in appeals],
        "mentor": shown_name(found.mentor, person) if found.mentor else "",
        "mentors": _mentors(found, person) if _names_mentors(person, found) else [],
        "names_mentor": _names_mentors(person, found),
        "peer": access.holds_role(person, Role.MASTER),
        "person": person,
    }
    return render(request, "certificates/candidate.html", context, status=422 if refusal else 200)


def _names_mentors(person: User, found: Candidate) -> bool:
    return found.state == Candidate.State.OPEN and access.holds_role(person, Role.MASTER, Role.COORDINATOR)


def _mentors(found: Candidate, viewer: User) -> list[tuple[int, str]]:
    """Whom the viewer may name; the candidate: those with whom they have led a workshop."""
    people = possible_mentors(found)
    if viewer.pk == found.user_id:
        known = led_together(viewer)
        people = [one for one in people if one.pk in known]
    return sorted(shown_names(people, viewer).items(), key=lambda pair: pair[1])


def _mentor_named(request: HttpRequest, found: Candidate, person: User) -> str:
    key = request.POST.get("mentor", "")
    mentor = get_object_or_404(User, pk=int(key) if key.isdecimal() and len(key) < 12 else 0) if key else None
    services.set_mentor(candidate=found, mentor=mentor, actor=person)
    return _("The mentor is named.") if mentor else _("There is no mentor any more.")


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
        "mentor": lambda: _mentor_named(request, found, person),
    }


@require_safe
def evidence_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A file that a candidate brought: for the candidate, for those who may sign its stage, and for who answers an appeal.
    Always a download."""
    person = access.signed_in(request)
    piece = get_object_or_404(StageEvidence.objects.select_related("candidate__pathway", "candidate__user"), pk=pk)
    if not piece.file:
        raise Http404
    found = piece.candidate
    # Whoever answers an appeal reads what the decision rests on.
    if (
        found.user_id != person.pk
        and piece.stage not in signer(person, [found]).stages_of(found)
        and piece.stage not in {one.decision.stage for one in open_appeals(person, found)}
    ):
        raise Http404
    name = Path(str(piece.file.name)).name
    return FileResponse(
        piece.file.open("rb"), as_attachment=True, filename=name, content_type="application/octet-stream"
    )
