"""Walking a pathway: joining it, bringing evidence, signing stages, appealing. Nobody signs their own stage, nor that of a
person they supervise at work."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import yaml
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from certificates import services
from certificates.models import (
    Appeal,
    Candidate,
    Credential,
    Panelist,
    Pathway,
    StageDecision,
    StageEvidence,
)
from certificates.queries.pathways import (
    PANEL,
    StageView,
    led_together,
    map_of,
    newest_decisions,
    open_appeals,
    possible_mentors,
    signer,
)
from content.models import KeptDocument
from courses.models import Course
from operations import audit, jobs
from operations.errors import Refused
from operations.notify import notify
from operations.words import in_language
from people import access
from people.checks import words
from people.models import Institution, Membership, Role, RoleGrant, User
from people.superiors import is_superior

SYSTEM = "system"
PANEL_SIZE = 3
FILE_BYTES = 10_000_000
# The stage whose passing issues the trainer's certificate says so by naming the stages before it.
_CERTIFIES = "stages-complete"


# --- the pathways themselves ---------------------------------------------------------------------------------------


@transaction.atomic
def load_pathways() -> list[str]:
    """Write the pathways that the curriculum's folder keeps; gives the slugs that were changed. Repeating it changes
    nothing. A pathway in an administrator's own wording (without digest) is left as it is, and so is one whose file
    has gone: people are on it. 2 queries where nothing has changed."""
    known = dict(Pathway.objects.values_list("slug", "digest"))
    changed = []
    for definition, digest in curriculum_pathways():
        slug = definition["id"]
        if known.get(slug) in ("", digest):
            continue
        Pathway.objects.update_or_create(slug=slug, defaults={"definition": definition, "digest": digest})
        changed.append(slug)
    return changed


def curriculum_pathways() -> Iterator[tuple[dict[str, Any], str]]:
    """(definition, digest of its file) of each pathway that the curriculum's folder keeps; a file without stages is a note.
    1 query."""
    for document in KeptDocument.objects.filter(kind="pathways"):
        definition = yaml.safe_load(document.text)
        if isinstance(definition, dict) and definition.get("id") and definition.get("stages"):
            yield definition, document.digest


def on_documents_kept(sender: object, *, kinds: Collection[str], **others: Any) -> None:
    """Receiver of `content.signals.documents_kept`."""
    if "pathways" in kinds:
        load_pathways()


# --- joining --------------------------------------------------------------------------------------------------------


@transaction.atomic
def join(*, user: User, pathway: Pathway, courses: Collection[Course] = ()) -> Candidate:
    """Begin the pathway; asked again, the candidacy that is open. Stages that need no signer are decided at once."""
    candidate, new = Candidate.objects.get_or_create(pathway=pathway, user=user, state=Candidate.State.OPEN)
    if courses:
        candidate.courses.set(courses)
    if new:
        _write(candidate, None, "certificates.candidate", actor=user)
    advance(candidate=candidate)
    return candidate


@transaction.atomic
def leave(*, candidate: Candidate, actor: User) -> None:
    """Leave the pathway; what was decided stays. Raises Refused for anybody but the candidate."""
    if actor.pk != candidate.user_id:
        raise Refused(_("Only the candidate may do this."))
    if candidate.state == Candidate.State.OPEN:
        candidate.state = Candidate.State.LEFT
        candidate.save(update_fields=["state"])
        _write(candidate, None, "certificates.candidate-left", actor=actor)


@transaction.atomic
def advance(*, candidate: Candidate) -> list[StageDecision]:
    """Decide, in order, the stages that need no signer and whose requirements are met. Called when something that they
    rest on has changed, and by the nightly job; repeating it changes nothing."""
    made: list[StageDecision] = []
    held = _held(candidate)
    if held.state != Candidate.State.OPEN:
        return made
    while (view := _next(held)) is not None and view.stage["signed_off_by"]["role"] == SYSTEM and view.ready:
        made.append(_decide(held, view, StageDecision.Outcome.PASSED, None, SYSTEM, ""))
    return made


def advance_all(job: jobs.Work | None = None) -> dict[str, Any]:
    """Handler of the nightly job: decide what needs no signer, for everybody who is under way."""
    return {"decided": sum(len(advance(candidate=one)) for one in Candidate.objects.filter(state=Candidate.State.OPEN))}


def on_credential_issued(sender: object, *, credential: Credential, **others: Any) -> None:
    """Receiver of `credential_issued`: a certificate may complete a stage that needs no signer."""
    if credential.kind != Credential.Kind.TRAINER and credential.holder_id is not None:
        for candidate in Candidate.objects.filter(user=credential.holder_id, state=Candidate.State.OPEN):
            advance(candidate=candidate)


def _held(candidate: Candidate) -> Candidate:
    """The candidacy as it stands, locked: two decisions at once wait for each other."""
    return Candidate.objects.select_for_update(of=("self",)).select_related("pathway", "user").get(pk=candidate.pk)


def _next(candidate: Candidate) -> StageView | None:
    return next((view for view in map_of(candidate) if view.state == "next"), None)


@transaction.atomic
def set_mentor(*, candidate: Candidate, mentor: User | None, actor: User) -> Candidate:
    """Name the person who accompanies a candidate, or nobody. A candidate chooses among the trainers beside whom they have
    led workshops; a master trainer or a coordinator who is not above them, among all. Raises Refused."""
    held = _held(candidate)
    own = actor.pk == held.user_id
    if held.user is None or held.state != Candidate.State.OPEN:
        raise Refused(_("This candidacy is closed."))
    if not own and (not access.holds_role(actor, Role.MASTER, Role.COORDINATOR) or is_superior(actor, held.user)):
        raise Refused(
            _("You may not name the mentor."),
            _("A master trainer or the coordination does, whom the candidate is not under."),
        )
    if mentor is not None:
        able = {person.pk for person in possible_mentors(held)}
        if mentor.pk not in able or is_superior(mentor, held.user):
            raise Refused(
                _("A mentor is a certified or a master trainer, and nobody whom the candidate works under."),
                _("Choose somebody else."),
            )
        if own and mentor.pk not in led_together(held.user):
            raise Refused(
                _("You choose among the trainers with whom you have led a workshop."),
                _("For anybody else, ask a master trainer or the coordination."),
            )
    if held.mentor_id != (mentor.pk if mentor else None):
        held.mentor = mentor
        held.save(update_fields=["mentor"])
        _write(held, None, "certificates.mentor" if mentor else "certificates.mentor-none", actor=actor)
        if not own:
            _tell(held, "certificates.mentor")
        if mentor is not None:
            notify(mentor, "certificates.mentee", key=f"mentee {held.pk} {timezone.now().isoformat()}", actor=actor)
    return held


# --- evidence -------------------------------------------------------------------------------------------------------


@transaction.atomic
def bring(
    *,
    candidate: Candidate,
    stage: str,
    title: str,
    actor: User,
    note: str = "",
    file: UploadedFile[Any] | None = None,
) -> StageEvidence:
    """Bring a piece of evidence. Raises Refused for a stage that does not exist, for nothing, for too much, or from
    anybody but the candidate."""
    if actor.pk != candidate.user_id:
        raise Refused(_("Only the candidate may do this."))
    try:
        candidate.pathway.stage(stage)
    except KeyError as error:
        raise Refused(_("This stage is not part of the pathway.")) from error
    if not note.strip() and file is None:
        raise Refused(_("Write a note or add a file."))
    if file is not None and (file.size or 0) > FILE_BYTES:
        raise Refused(_("The file is too large: 10 MB at most."))
    row = StageEvidence(
        candidate=candidate,
        stage=stage,
        title=words(title, label=_("Title"), longest=200, required=True),
        note=note.strip()[:4000],
        added_by=actor,
    )
    if file is not None:
        row.file.save(file.name or "file", ContentFile(file.read()), save=False)
    row.save()
    return row


@transaction.atomic
def judge(*, evidence: StageEvidence, accept: bool, actor: User, reason: str = "") -> StageEvidence:
    """Accept or refuse a piece of evidence. Raises Refused where the actor may not sign the stage, or refuses without a
    reason."""
    candidate = evidence.candidate
    try:
        stage = candidate.pathway.stage(evidence.stage)
    except KeyError as error:  # the pathway was changed since
        raise Refused(_("This stage is not part of the pathway.")) from error
    require_signer(actor, candidate=candidate, stage=stage)
    if not accept and not reason.strip():
        raise Refused(_("Say why: the candidate will read it."))
    now = timezone.now()
    evidence.accepted, evidence.refused = (now, None) if accept else (None, now)
    evidence.judged_by, evidence.reason = actor, reason.strip()[:500]
    evidence.save()
    _write(candidate, evidence.stage, "certificates.evidence-judged", actor=actor)
    _tell(candidate, "certificates.evidence-judged")
    advance(candidate=candidate)
    return evidence


# --- signing --------------------------------------------------------------------------------------------------------


def signs_as(actor: User, *, candidate: Candidate, stage: dict[str, Any]) -> str | None:
    """As what the person may sign this stage of this candidate; None: not at all. 6 queries at most."""
    return signer(actor, [candidate]).signs_as(candidate, stage)


def require_signer(actor: User, *, candidate: Candidate, stage: dict[str, Any]) -> str:
    """As what the person signs. Raises Refused, with who may."""
    role = signs_as(actor, candidate=candidate, stage=stage)
    if role is None:
        raise Refused(
            _("You may not sign this stage."),
            _("Nobody signs for themselves or for a person they supervise. It is signed by: %(who)s.")
            % {"who": signer_in_words(stage)},
        )
    return role


def signer_in_words(stage: dict[str, Any]) -> str:
    """Who signs the stage, as the pathway says it, in the active language."""
    return in_language({key: value for key, value in stage["signed_off_by"].items() if key != "role"})


@transaction.atomic
def sign(*, candidate: Candidate, stage: str, outcome: str, actor: User, reason: str = "") -> StageDecision | Panelist:
    """Sign the stage that is next. In a panel it is one opinion of three; the third decides, by majority.

    Raises Refused where it is not next, where what can be counted is not met, where the actor may not, or where “not yet”
    comes without a reason.
    """
    held = _held(candidate)
    view = _next(held)
    if held.state != Candidate.State.OPEN or view is None or view.stage["id"] != stage:
        raise Refused(_("This stage is not the one that is next."), _("Open the map of stages again."))
    role = require_signer(actor, candidate=held, stage=view.stage)
    if outcome == StageDecision.Outcome.NOT_YET and not reason.strip():
        raise Refused(_("Say why: the candidate will read it."))
    if outcome == StageDecision.Outcome.PASSED and not view.ready:
        raise Refused(_("Something that the stage asks for is still missing."))
    if role == PANEL:
        return _opinion(held, view, outcome, actor, reason)
    return _decide(held, view, outcome, actor, role, reason)


def _opinion(held: Candidate, view: StageView, outcome: str, actor: User, reason: str) -> StageDecision | Panelist:
    stage = view.stage["id"]
    row, _new = Panelist.objects.update_or_create(
        candidate=held,
        stage=stage,
        member=actor,
        defaults={
            "outside": is_outside(actor, candidate=held),
            "outcome": outcome,
            "reason": reason.strip()[:2000],
            "given": timezone.now(),
        },
    )
    opinions = current_opinions(held, stage=stage)
    if len(opinions) < PANEL_SIZE:
        return row
    if not any(one.outside for one in opinions):
        raise Refused(
            _("One of the three must come from outside the candidate’s service."), _("Ask somebody else to sign.")
        )
    passes = sum(one.outcome == StageDecision.Outcome.PASSED for one in opinions) * 2 > PANEL_SIZE
    return _decide(
        held,
        view,
        StageDecision.Outcome.PASSED if passes else StageDecision.Outcome.NOT_YET,
        actor,
        PANEL,
        "\n".join(one.reason for one in opinions if one.reason),
    )


def current_opinions(candidate: Candidate, *, stage: str) -> list[Panelist]:
    """The opinions that the next decision of a panel rests on: those given since the last one. 2 queries."""
    rows = Panelist.objects.filter(candidate=candidate, stage=stage)
    last = StageDecision.objects.filter(candidate=candidate, stage=stage).order_by("-decided").first()
    return list(rows.filter(given__gt=last.decided) if last else rows)


def is_outside(person: User, *, candidate: Candidate) -> bool:
    """Whether the person belongs to no institution of the candidate's service: the directorate above it, or itself. 2
    queries."""

    def services_of(user: User | None) -> set[str]:
        places = Membership.objects.on().filter(user=user).values_list("institution__path", flat=True)
        return {"/".join(path.split("/")[:2]) for path in places}

    return not services_of(person) & services_of(candidate.user)


def _decide(
    candidate: Candidate, view: StageView, outcome: str, actor: User | None, role: str, reason: str
) -> StageDecision:
    decision = StageDecision.objects.create(
        candidate=candidate,
        stage=view.stage["id"],
        outcome=outcome,
        reason=reason.strip()[:2000],
        facts=[{"type": met.type, "done": met.done, "asked": met.asked} for met in view.requirements],
        signer=actor,
        signed_as=role,
        provisional=actor is not None
        and role == "master-trainer"
        and RoleGrant.objects.on().filter(user=actor, role=Role.MASTER, provisional=True).exists(),
    )
    _write(candidate, view.stage["id"], f"certificates.stage-{outcome}", actor=actor)
    _tell(candidate, "certificates.stage-decided")
    if outcome == StageDecision.Outcome.PASSED:
        if any(asked["type"] == _CERTIFIES for asked in view.stage["requirements"]):
            issue_trainer(candidate=candidate, actor=actor)
        if all(other.state == "done" for other in map_of(candidate)):
            candidate.state = Candidate.State.DONE
            candidate.save(update_fields=["state"])
    return decision


@transaction.atomic
def review_provisional(*, decision: StageDecision, actor: User) -> StageDecision:
    """A peer reads a provisional master trainer's decision again. Raises Refused for the signer, and for others than
    master trainers."""
    if actor.pk == decision.signer_id or not access.holds_role(actor, Role.MASTER):
        raise Refused(_("Another master trainer reads this decision again."))
    decision.reviewed_by = actor
    decision.save(update_fields=["reviewed_by"])
    _write(decision.candidate, decision.stage, "certificates.stage-reviewed", actor=actor)
    return decision


# --- the certificate ------------------------------------------------------------------------------------------------


@transaction.atomic
def issue_trainer(*, candidate: Candidate, actor: User | None) -> Credential:
    """Issue the trainer's certificate that the pathway gives, once. It names the courses that may be delivered.

    Raises Refused without a holder.
    """
    if candidate.user is None:
        raise Refused(_("Nothing is issued to nobody."))
    if candidate.credential is not None and candidate.credential.status != Credential.Status.REVOKED:
        return candidate.credential
    title = {"fr": "Formateur certifié", "en": "Certified trainer"}
    for stage in candidate.pathway.stages:
        if any(asked["type"] == _CERTIFIES for asked in stage["requirements"]):
            title = {key: stage["title"][key] for key in ("fr", "en") if key in stage["title"]} or title
    courses = list(candidate.courses.prefetch_related("texts"))
    credential = services.award(
        holder=candidate.user,
        kind=Credential.Kind.TRAINER,
        title=title,
        objectives={
            language: [text.title for course in courses for text in course.texts.all() if text.language == language]
            for language in title
        },
        rule=candidate.pathway.slug,
        months=candidate.pathway.definition.get("validity_months"),
        evidence=[
            ("stage-passed", _stage_facts(candidate, row))
            for row in newest_decisions(candidate).values()
            if row.outcome == StageDecision.Outcome.PASSED
        ],
        actor=actor,
    )
    candidate.credential = credential
    candidate.save(update_fields=["credential"])
    return credential


def _stage_facts(candidate: Candidate, decision: StageDecision) -> dict[str, Any]:
    try:
        title = candidate.pathway.stage(decision.stage)["title"]
    except KeyError:  # the pathway no longer has it
        title = {}
    return {"stage": decision.stage, "title": title, "day": timezone.localdate(decision.decided).isoformat()}


# --- appeals --------------------------------------------------------------------------------------------------------


@transaction.atomic
def appeal(*, decision: StageDecision, text: str, actor: User) -> Appeal:
    """Record a candidate's appeal against a decision; once. Raises Refused from anybody else, or without words."""
    if actor.pk != decision.candidate.user_id:
        raise Refused(_("Only the candidate may do this."))
    if not text.strip():
        raise Refused(_("Write what you appeal against."))
    if Appeal.objects.filter(decision=decision).exists():
        raise Refused(_("An appeal against this decision is recorded already."))
    row = Appeal.objects.create(decision=decision, text=text.strip()[:4000])
    _write(decision.candidate, decision.stage, "certificates.appeal", actor=actor)
    return row


@transaction.atomic
def answer_appeal(*, appeal: Appeal, upheld: bool, answer: str, actor: User) -> Appeal:
    """Answer an appeal; one that is upheld opens the stage again. Raises Refused from others than coordinators, from
    whoever signed (alone or in the panel), and from the candidate's superiors."""
    appeal = Appeal.objects.select_for_update().select_related("decision__candidate").get(pk=appeal.pk)
    candidate = appeal.decision.candidate
    if appeal.answered is not None:
        raise Refused(_("This appeal is answered already."))
    if appeal.pk not in {one.pk for one in open_appeals(actor, candidate)}:
        raise Refused(
            _("The programme’s coordination answers appeals, never who signed."),
            _("Nor does anybody whom the candidate works under."),
        )
    if not answer.strip():
        raise Refused(_("Say why: the candidate will read it."))
    appeal.upheld, appeal.answer = upheld, answer.strip()[:4000]
    appeal.answered, appeal.answered_by = timezone.now(), actor
    appeal.save()
    _write(candidate, appeal.decision.stage, "certificates.appeal-answered", actor=actor)
    _tell(candidate, "certificates.stage-decided")
    return appeal


# --- shared ---------------------------------------------------------------------------------------------------------


def _write(candidate: Candidate, stage: str | None, code: str, *, actor: User | None) -> None:
    place = Institution.objects.filter(memberships__in=Membership.objects.on().filter(user=candidate.user)).first()
    audit.record_change(
        actor=actor,
        code=code,
        obj=candidate,
        after={"stage": stage or "", "pathway": candidate.pathway_id},
        about=candidate.user,
        branch=place.path if place else None,
    )


def _tell(candidate: Candidate, kind: str) -> None:
    if candidate.user is not None:
        notify(candidate.user, kind, key=f"{kind} {candidate.pk} {timezone.now().isoformat()}")
