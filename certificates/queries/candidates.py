"""The desk of those who sign: who is under way, whose next stage waits for the reader, which appeals are open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Q

from certificates.models import Candidate, Pathway, StageDecision
from certificates.queries.pathways import open_appeals, signer
from operations.folding import fold
from operations.words import in_language
from people import access
from people.models import Role, User
from people.names import shown_names

A_PAGE = 30


@dataclass(frozen=True, slots=True)
class Line:
    candidate: Candidate
    name: str
    stage: str
    waits: bool  # for the reader


@dataclass(frozen=True, slots=True)
class Waiting:
    """An appeal that the reader may answer."""

    candidate: Candidate
    name: str
    stage: str


@dataclass(frozen=True, slots=True)
class Desk:
    page: Page[Line]
    everybody: int  # before searching and filtering
    appeals: list[Waiting]


def desk(viewer: User, *, query: str = "", waiting: bool = False, page: Any = 1) -> Desk:
    """A page of the candidates of whom the reader may sign a stage. 13 queries at most, however many there are: what each
    stage asks for is looked at on the candidate's own page."""
    rows = _under_way(viewer)
    reader = signer(viewer, rows)
    mine = [(row, stages) for row in rows if (stages := set(reader.stages_of(row)))]
    passed = _passed([row for row, _stages in mine])
    appeals = open_appeals(viewer)
    people = [row.user for row, _stages in mine] + [one.decision.candidate.user for one in appeals]
    names = shown_names(people, viewer)
    lines = []
    for row, stages in mine:
        stage = next((one for one in row.pathway.stages if one["id"] not in passed.get(row.pk, ())), None)
        words = in_language(stage["title"]) if stage else ""
        lines.append(Line(row, names[row.user_id or 0], words, stage is not None and stage["id"] in stages))
    wanted = fold(query)
    shown = [one for one in lines if wanted in fold(one.name) and (one.waits or not waiting)]
    return Desk(
        Paginator(shown, A_PAGE).get_page(page),
        len(lines),
        [
            Waiting(one.decision.candidate, names[one.decision.candidate.user_id or 0], stage_title(one.decision))
            for one in appeals
        ],
    )


def stage_title(decision: StageDecision) -> str:
    """The title of the stage that was decided; its name where the pathway no longer has it."""
    try:
        return in_language(decision.candidate.pathway.stage(decision.stage)["title"]) or decision.stage
    except KeyError:
        return decision.stage


def _under_way(viewer: User) -> list[Candidate]:
    """Whom the reader may sign for at all. 2 queries."""
    rows = Candidate.objects.filter(state=Candidate.State.OPEN, user__isnull=False).exclude(user=viewer)
    if not access.holds_role(viewer, Role.MASTER, Role.COORDINATOR, Role.REVIEWER):
        # A certified trainer signs for those beside whom they led a workshop, and for their mentees.
        beside = Q(user__facilitates__workshop__facilitators__user=viewer)
        rows = rows.filter(Q(mentor=viewer) | beside).distinct()
    roads = Pathway.objects.in_bulk()
    found = list(rows.select_related("user").order_by("begun", "pk"))
    for row in found:
        row.pathway = roads[row.pathway_id]
    return found


def _passed(rows: list[Candidate]) -> dict[Any, set[str]]:
    """The stages that are passed, by candidate; as `pathways.newest_decisions` has it for one. 1 query."""
    newest: dict[tuple[Any, str], str] = {}
    decisions = StageDecision.objects.filter(candidate__in=rows).exclude(appeal__upheld=True)
    for candidate, stage, outcome in decisions.order_by("decided", "pk").values_list(
        "candidate_id", "stage", "outcome"
    ):
        newest[candidate, stage] = outcome
    found: dict[Any, set[str]] = {}
    for (candidate, stage), outcome in newest.items():
        if outcome == StageDecision.Outcome.PASSED:
            found.setdefault(candidate, set()).add(stage)
    return found
