"""What is known of a candidate, and the map of stages. Each in a bounded number of queries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import yaml
from django.db.models import Max
from django.utils import timezone

from certificates.models import Appeal, Candidate, Credential, Panelist, StageDecision, StageEvidence
from certificates.queries import trainer_credential
from certificates.requirements import Delivery, Known, Met, Rubric, Score, check
from content.models import KeptDocument
from courses.models import Enrolment
from people import access
from people.models import Role, RoleGrant, User
from people.superiors import above, below
from workshops.models import Facilitator, Observation, Registration, Workshop


@dataclass(frozen=True, slots=True)
class StageView:
    """A stage as its candidate sees it."""

    stage: dict[str, Any]
    state: Literal["done", "next", "later"]
    requirements: list[Met]
    decision: StageDecision | None
    evidence: list[StageEvidence]

    @property
    def ready(self) -> bool:
        """Whether all that can be counted is there; a signer judges the rest."""
        return all(met.holds or met.asked == 0 for met in self.requirements)


def trainers_today(people: Iterable[int]) -> set[int]:
    """Of these people, those who are certified trainers today. 1 query."""
    rows = Credential.objects.filter(
        kind=Credential.Kind.TRAINER, status=Credential.Status.ISSUED, holder__in=list(people)
    )
    return {row.holder_id for row in rows if row.holder_id and row.standing == Credential.Standing.VALID}


def masters_today(people: Iterable[int]) -> set[int]:
    """Of these people, those who are master trainers today, provisional ones included. 1 query."""
    rows = RoleGrant.objects.on().filter(role=Role.MASTER, user__in=list(people))
    return set(rows.values_list("user_id", flat=True))


# Who may sign what the pathway gives to whom; a panel is made up of all of them.
PANEL = "certification-panel"
SIGNERS: dict[str, tuple[str, ...]] = {
    "master-trainer": (Role.MASTER,),
    "reviewer": (Role.REVIEWER, Role.MASTER),
    "programme-coordinator": (Role.COORDINATOR,),
    PANEL: (Role.MASTER, Role.COORDINATOR, Role.REVIEWER),
}


@dataclass(frozen=True, slots=True)
class Signer:
    """What decides as what a person may sign, of several candidates at once."""

    person: User
    certified: bool
    below: frozenset[int]  # people whose superior they are
    beside: frozenset[int]  # people with whom they led a workshop

    def signs_as(self, candidate: Candidate, stage: dict[str, Any]) -> str | None:
        """As what they may sign this stage of this candidate; None: not at all. No query."""
        if candidate.user_id is None or candidate.user_id == self.person.pk or candidate.user_id in self.below:
            return None
        wanted = str(stage["signed_off_by"]["role"])
        if wanted == "certified-trainer":
            near = candidate.user_id in self.beside or candidate.mentor_id == self.person.pk
            return wanted if self.certified and near else None
        return wanted if access.holds_role(self.person, *SIGNERS.get(wanted, ())) else None

    def stages_of(self, candidate: Candidate) -> list[str]:
        """The stages of the candidate that they may sign. No query beside the pathway's."""
        return [one["id"] for one in candidate.pathway.stages if self.signs_as(candidate, one) is not None]


def signer(person: User, candidates: Iterable[Candidate]) -> Signer:
    """The person as a signer for these candidates. 6 queries at most, however many there are."""
    people = [row.user_id for row in candidates if row.user_id is not None]
    together = Facilitator.objects.filter(user__in=people, workshop__facilitators__user=person)
    return Signer(
        person,
        trainer_credential(person) is not None or access.holds_role(person, Role.MASTER),
        frozenset(below(person, people)),
        frozenset(pk for pk in together.values_list("user_id", flat=True) if pk is not None),
    )


def possible_mentors(candidate: Candidate) -> list[User]:
    """Certified and master trainers of today, without the candidate and whoever stands above them. 6 queries."""
    if candidate.user is None:
        return []
    holders = Credential.objects.filter(kind=Credential.Kind.TRAINER, status=Credential.Status.ISSUED)
    masters = set(RoleGrant.objects.on().filter(role=Role.MASTER).values_list("user_id", flat=True))
    found = (trainers_today(holders.values_list("holder_id", flat=True)) | masters) - {candidate.user.pk}
    found -= above(candidate.user, found)
    return list(User.objects.filter(pk__in=found, is_active=True).order_by("last_name", "first_name", "pk"))


def led_together(user: User) -> set[int]:
    """The people with whom the person has led workshops. 1 query."""
    rows = Facilitator.objects.filter(workshop__facilitators__user=user, user__isnull=False).exclude(user=user)
    return {pk for pk in rows.values_list("user_id", flat=True) if pk is not None}


def open_appeals(person: User, candidate: Candidate | None = None) -> list[Appeal]:
    """The appeals that the person may answer: a coordinator, who neither signed the decision nor stands above the
    candidate. None for others. 5 queries at most."""
    if not access.holds_role(person, Role.COORDINATOR):
        return []
    rows = Appeal.objects.filter(answered__isnull=True, decision__candidate__user__isnull=False)
    if candidate is not None:
        rows = rows.filter(decision__candidate=candidate)
    rows = rows.exclude(decision__signer=person).exclude(decision__candidate__user=person)
    found = list(rows.select_related("decision__candidate__pathway", "decision__candidate__user").order_by("lodged"))
    hidden = below(person, [row.decision.candidate.user_id or 0 for row in found])
    sat = set(
        Panelist.objects.filter(member=person, candidate__in=[row.decision.candidate_id for row in found]).values_list(
            "candidate_id", "stage"
        )
    )
    return [
        row
        for row in found
        if row.decision.candidate.user_id not in hidden
        and not (row.decision.signed_as == PANEL and (row.decision.candidate_id, row.decision.stage) in sat)
    ]


def rubric_of(slug: str) -> dict[str, Any] | None:
    """A rubric of the curriculum as its file says; None where there is none. 1 query."""
    found = KeptDocument.objects.filter(path=f"rubrics/{slug}.yaml").first()
    return dict(yaml.safe_load(found.text)) if found else None


def known_of(candidate: Candidate) -> Known:
    """Everything that requirements may ask for. 12 queries at most."""
    user = candidate.user
    if user is None:
        return Known(today=timezone.localdate())
    credentials = list(Credential.objects.filter(holder=user).select_related("course"))
    valid = [row for row in credentials if row.standing == Credential.Standing.VALID]
    best = (
        Enrolment.objects.filter(user=user, score__isnull=False).values_list("course__slug").annotate(best=Max("score"))
    )
    observations = list(Observation.objects.filter(trainer=user, status=Observation.Status.GIVEN))
    scores: dict[str, list[Score]] = {}
    for row in observations:
        if row.observer_id is not None and row.observer_id != user.pk:
            scores.setdefault(row.rubric, []).append(_score(row))
    rubrics = {}
    for stage in candidate.pathway.stages:
        for asked in stage["requirements"]:
            if asked["type"] == "rubric-score" and (found := rubric_of(asked["rubric"])) is not None:
                critical = frozenset(one["id"] for one in found["criteria"] if one.get("critical"))
                rubrics[asked["rubric"]] = Rubric([one["id"] for one in found["criteria"]], critical)
    accepted: dict[str, int] = {}
    for stage_slug in candidate.evidence.filter(accepted__isnull=False).values_list("stage", flat=True):
        accepted[stage_slug] = accepted.get(stage_slug, 0) + 1
    return Known(
        certified=frozenset(row.course.slug for row in valid if row.course),
        best={slug: float(score) for slug, score in best},
        wanted=frozenset(candidate.courses.values_list("slug", flat=True)),
        deliveries=_deliveries(user),
        scores=scores,
        own_scores=_scored_beside_masters(user),
        rubrics=rubrics,
        passed=frozenset(slug for slug, row in newest_decisions(candidate).items() if row.outcome == "passed"),
        accepted=accepted,
        renewals=max(
            0, sum(row.kind == Credential.Kind.TRAINER and row.replaces_id is None for row in credentials) - 1
        ),
        mentored=Candidate.objects.filter(mentor=user, credential__isnull=False).count(),
        today=timezone.localdate(),
    )


def _score(row: Observation) -> Score:
    levels = {criterion: int(given["level"]) for criterion, given in row.scores.items()}
    return Score(str(row.session_id or row.pk), row.observer_id or 0, levels, row.minutes)


def _deliveries(user: User) -> list[Delivery]:
    """Workshops with closed attendance that the person led or helped to lead. 5 queries."""
    workshops = list(Workshop.objects.filter(facilitators__user=user, closed_at__isnull=False).order_by("ends"))
    leading: dict[Any, set[int]] = {}
    rows = Facilitator.objects.filter(workshop__in=workshops, user__isnull=False).exclude(user=user)
    for workshop, person in rows.values_list("workshop_id", "user_id"):
        leading.setdefault(workshop, set()).add(person or 0)
    everybody = set().union(*leading.values()) if leading else set()
    certified = trainers_today(everybody) | masters_today(everybody) if everybody else set()
    people: dict[Any, set[str]] = {}
    registered = Registration.objects.filter(workshop__in=workshops, state__in=Registration.EXPECTED)
    for workshop, pk, person in registered.values_list("workshop_id", "pk", "user_id"):
        people.setdefault(workshop, set()).add(f"u{person}" if person else str(pk))
    return [
        Delivery(
            workshop.code,
            workshop.ends,
            bool(leading.get(workshop.pk, set()) & certified),
            frozenset(people.get(workshop.pk, ())),
        )
        for workshop in workshops
    ]


def _scored_beside_masters(user: User) -> list[tuple[Score, Score]]:
    """Pairs of scores of one trainer in one session, the person's and a master trainer's. 3 queries."""
    own = {
        (row.session_id, row.trainer_id): row
        for row in Observation.objects.filter(observer=user, status=Observation.Status.GIVEN, session__isnull=False)
    }
    if not own:
        return []
    others = Observation.objects.filter(
        session__in=[session for session, _trainer in own], status=Observation.Status.GIVEN
    ).exclude(observer=user)
    masters = masters_today({row.observer_id for row in others if row.observer_id})
    return [
        (_score(own[row.session_id, row.trainer_id]), _score(row))
        for row in others
        if row.observer_id in masters and (row.session_id, row.trainer_id) in own
    ]


def newest_decisions(candidate: Candidate) -> dict[str, StageDecision]:
    """The decision that stands of each stage; one that an appeal overturned no longer stands. 1 query."""
    found: dict[str, StageDecision] = {}
    for row in candidate.decisions.select_related("appeal", "signer").order_by("decided", "pk"):
        appeal = getattr(row, "appeal", None)
        if appeal is None or not appeal.upheld:
            found[row.stage] = row
    return found


def map_of(candidate: Candidate) -> list[StageView]:
    """The stages in order: done, next, later; what is met of each, and what was brought for it."""
    known = known_of(candidate)
    decisions = newest_decisions(candidate)
    brought: dict[str, list[StageEvidence]] = {}
    for row in candidate.evidence.select_related("judged_by"):
        brought.setdefault(row.stage, []).append(row)
    views: list[StageView] = []
    reached = False
    for stage in candidate.pathway.stages:
        slug = stage["id"]
        done = slug in known.passed
        state: Literal["done", "next", "later"] = "done" if done else "later" if reached else "next"
        reached = reached or not done
        views.append(
            StageView(
                stage,
                state,
                [check(asked, known, stage=slug) for asked in stage["requirements"]],
                decisions.get(slug),
                brought.get(slug, []),
            )
        )
    return views
