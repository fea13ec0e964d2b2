"""What this room knows of a person: credentials, why they were issued, and their papers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from certificates import queries, services
from certificates.badges import badge_json
from certificates.models import (
    Appeal,
    Candidate,
    Credential,
    Evidence,
    HandOver,
    Panelist,
    Rendering,
    StageDecision,
    StageEvidence,
)
from certificates.paper import languages_of
from people import privacy
from people.models import User
from people.privacy import hand_back, hand_over, written

# Who did something to another's candidacy: given to the account that is kept, empty once the account is gone.
_ACTED: tuple[tuple[type[Model], str], ...] = (
    (Candidate, "mentor"),
    (StageDecision, "signer"),
    (StageDecision, "reviewed_by"),
    (StageEvidence, "added_by"),
    (StageEvidence, "judged_by"),
    (Panelist, "member"),
    (Appeal, "answered_by"),
    (HandOver, "by"),
)
_OWNED: tuple[tuple[type[Model], str], ...] = ((Candidate, "user"), *_ACTED)


def register() -> None:
    """Called once, from `AppConfig.ready`."""
    privacy.register(
        "certificates",
        label=_("Certificates"),
        export=export,
        erase=erase,
        move=move,
        back=back,
        files=files,
        remains=remains,
        covers=[
            Credential,
            Evidence,
            HandOver,
            Rendering,
            Candidate,
            StageDecision,
            StageEvidence,
            Panelist,
            Appeal,
        ],
        hinders=hinders,
        words={
            "credentials": _("Certificates: number, title and dates"),
            "papers": _("Signed papers"),
            "number": _("Number"),
            "kind": _("Nature"),
            "title": _("Title"),
            "name": _("Name as printed"),
            "issued": _("Issued on"),
            "expires": _("Valid until"),
            "standing": _("Status"),
            "revoked": _("Revoked on"),
            "reason": _("Reason"),
            "why": _("Why it was issued"),
            "handed_over": _("Paper handed over on"),
            "received_by": _("Received by, in the holder’s place"),
            "pathways": _("Pathways you are on"),
            "candidacies": _("Pathways and what was signed on them"),
            "pathway": _("Pathway"),
            "state": _("State"),
            "begun": _("Begun on"),
            "card": _("Your card in the register"),
            "languages": _("Languages"),
            "regions": _("Regions"),
            "available": _("Availability"),
            "available_from": _("Available from"),
            "available_until": _("Available until"),
            "public": _("Show my name publicly"),
            "decisions": _("Decisions on stages"),
            "stage": _("Stage"),
            "outcome": _("Outcome"),
            "decided": _("Decided on"),
            "appeal": _("Your appeal"),
            "answer": _("Answer"),
            "evidence": _("Evidence you brought"),
            "note": _("Note"),
            "added": _("Added on"),
            "panel": _("Opinions of the panel"),
        },
    )


def export(user: User) -> dict[str, Any]:
    return {"credentials": _credentials(user), "pathways": [_candidacy(row) for row in _candidacies(user)]}


def _candidacies(user: User) -> QuerySet[Candidate]:
    return Candidate.objects.filter(user=user).select_related("pathway").order_by("begun", "pk")


def _candidacy(row: Candidate) -> dict[str, Any]:
    return {
        "pathway": str(row.pathway),
        "state": str(row.get_state_display()),
        "begun": written(row.begun),
        "card": {
            "languages": row.languages,
            "regions": row.regions,
            "available": row.available,
            "available_from": written(row.available_from),
            "available_until": written(row.available_until),
            "public": row.public,
        },
        "decisions": [_decision(one) for one in row.decisions.select_related("appeal")],
        "evidence": [
            {
                "stage": one.stage,
                "title": one.title,
                "note": one.note,
                "added": written(one.added),
                "reason": one.reason,
            }
            for one in row.evidence.all()
        ],
        "panel": [
            {"stage": one.stage, "outcome": str(one.get_outcome_display()), "reason": one.reason}
            for one in row.panel.order_by("given")
        ],
    }


def _decision(one: StageDecision) -> dict[str, Any]:
    appeal = getattr(one, "appeal", None)
    return {
        "stage": one.stage,
        "outcome": str(one.get_outcome_display()),
        "reason": one.reason,
        "decided": written(one.decided),
        "appeal": appeal.text if appeal else None,
        "answer": appeal.answer if appeal else None,
    }


def _credentials(user: User) -> list[dict[str, Any]]:
    return [
        {
            "number": row.number,
            "kind": str(row.get_kind_display()),
            "title": queries.title_of(row).text,
            "name": row.holder_name,
            "issued": written(row.issued),
            "expires": written(row.expires),
            "standing": row.get_standing_display(),
            "revoked": written(row.revoked_at),
            "reason": row.revocation_reason,
            "why": [reason.sentence for reason in queries.evidence_of(row)],
            "handed_over": written(row.handover.day) if hasattr(row, "handover") else None,
            "received_by": row.handover.proxy if hasattr(row, "handover") else "",
        }
        for row in queries.for_user(user)
    ]


def files(user: User) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """The signed paper of every credential, in each of its languages, and its Open Badge."""
    for credential in queries.for_user(user):
        if credential.status == Credential.Status.ISSUED:
            for language in languages_of(credential):
                yield f"certificates/{credential.number}-{language}.pdf", partial(_paper, credential, language)
            yield f"certificates/{credential.number}.json", partial(_badge, credential)
    for piece in StageEvidence.objects.filter(candidate__user=user).exclude(file=""):
        yield f"evidence/{piece.pk}-{Path(str(piece.file.name)).name}", partial(_brought, piece)


def _brought(piece: StageEvidence) -> bytes:
    with piece.file.open("rb") as file:
        content: bytes = file.read()
    return content


def _badge(credential: Credential) -> bytes:
    return badge_json(credential).encode()


def _paper(credential: Credential, language: str) -> bytes:
    with default_storage.open(str(services.render(credential=credential, language=language).file)) as file:
        content: bytes = file.read()
    return content


def erase(user: User) -> dict[str, int]:
    """Take the holder, the name, the evidence and the papers away; number, title and dates stay, so that the
    verification page can say what became of the certificate."""
    rows = list(Credential.objects.select_for_update().filter(holder=user))
    papers = Rendering.objects.filter(credential__in=rows)
    for name in papers.values_list("file", flat=True):
        transaction.on_commit(partial(default_storage.delete, name))
    Evidence.objects.filter(credential__in=rows).delete()
    HandOver.objects.filter(credential__in=rows).delete()
    gone, _details = papers.delete()
    for row in rows:
        row.holder, row.holder_name, row.enrolment, row.revocation_reason = None, "", None, ""
        row.registration = None
        row.rule = {name: value for name, value in row.rule.items() if name != "inputs"}
        row.erased = timezone.now()
    fields = ["holder", "holder_name", "enrolment", "registration", "revocation_reason", "rule", "erased"]
    Credential.objects.bulk_update(rows, fields)
    Credential.objects.filter(revoked_by=user).update(revoked_by=None)
    candidacies = _erase_candidacies(user)
    return {"papers": gone, "candidacies": candidacies}


def _erase_candidacies(user: User) -> int:
    """The road goes, with what was brought and said on it; what the person signed of others stays, without the name."""
    for name in StageEvidence.objects.filter(candidate__user=user).exclude(file="").values_list("file", flat=True):
        transaction.on_commit(partial(default_storage.delete, name))
    rows = Candidate.objects.filter(user=user)
    count = rows.count()
    rows.delete()
    for model, field in _ACTED:
        model._base_manager.filter(**{field: user}).update(**{field: None})
    return count


def remains(user: User) -> dict[str, int]:
    return {"credentials": Credential.objects.filter(holder=user).count()}


def hinders(source: User, target: User) -> str:
    open_ones = Candidate.objects.filter(state=Candidate.State.OPEN)
    both = open_ones.filter(user=source, pathway__in=open_ones.filter(user=target).values("pathway"))
    if (row := both.select_related("pathway").first()) is not None:
        return _now("Both accounts are on the pathway “%(pathway)s”. One of them leaves it first.") % {
            "pathway": row.pathway
        }
    if Candidate.objects.filter(user=target, decisions__signer=source).exists() or (
        Candidate.objects.filter(user=source, decisions__signer=target).exists()
    ):
        return _now("One of the accounts has signed a stage of the other: nobody signs for themselves.")
    mine = Panelist.objects.filter(member=source).values_list("candidate", "stage")
    theirs = set(Panelist.objects.filter(member=target).values_list("candidate", "stage"))
    if any(pair in theirs for pair in mine):
        return _now("Both accounts have given their opinion in the same panel.")
    return ""


def move(source: User, target: User) -> dict[str, Any]:
    """Give the credentials and the candidacies to `target`; the name stays as it was printed."""
    return {
        "holder": hand_over(Credential.objects.filter(holder=source), "holder", target),
        "revoked_by": hand_over(Credential.objects.filter(revoked_by=source), "revoked_by", target),
        **{
            f"{model._meta.model_name}.{field}": hand_over(model._base_manager.filter(**{field: source}), field, target)
            for model, field in _OWNED
        },
    }


def back(moved: Any, source: User, target: User) -> None:
    models = {model._meta.model_name: model for model, _field in _OWNED}
    for name, ids in moved.items():
        model, dot, field = name.partition(".")
        hand_back(models[model] if dot else Credential, field or model, ids, source, target)
