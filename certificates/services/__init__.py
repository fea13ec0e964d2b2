"""Every write of the certificates room: issuing by rule, the signed paper, revoking, issuing anew."""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from certificates import pdf
from certificates.dates import add_months
from certificates.models import Credential, Evidence, IssuerSettings, Rendering
from certificates.models.issuer import fill
from certificates.numbers import new_number
from certificates.paper import content_of, languages_of, name_on_paper, one_line, square_code
from certificates.signals import credential_issued, credential_revoked
from certificates.signer import own_signer
from certificates.signing import sign
from courses import rules
from courses.models import CourseText, Enrolment
from courses.services import locked_enrolment
from operations import audit, clock, jobs
from operations.errors import Refused
from operations.notify import notify
from operations.prepared import Prepared, insert
from people.models import User
from records.models import Statement
from records.statements import CLOCK

RENDER = "certificates.render"  # kind of job
WAITING = "certificates.issue"  # kind of job: what was earned while the clock was in doubt
REASON_LENGTH = 1000
_AHEAD = 2  # papers that are set before the one that is being signed
_DRAWS = 5  # a number drawn twice is a once-in-centuries event; several in a row are a broken generator


# --- issuing --------------------------------------------------------------------------------------------------------


@transaction.atomic
def issue(*, enrolment: Enrolment, evidence: Sequence[Mapping[str, Any]]) -> Credential:
    """Issue what a completed enrolment has earned, once: a repeat gives the credential that is there, even a revoked
    one, since what was revoked comes back only through `reissue`.

    evidence: of `courses.signals.course_completed`, one item per condition: {"code", "statement", "facts"}. With a
    passed assessment among them it is a certificate of competence, else one of attendance. Raises ValueError without
    evidence, or without a holder; Refused while the clock is in doubt.
    """
    clock.require()
    if not evidence:
        raise ValueError("Nothing is issued without evidence.")
    enrolment = locked_enrolment(enrolment.pk)
    if enrolment.user is None:
        raise ValueError("Nothing is issued to nobody.")
    kind = _kind(evidence)
    if (earlier := _earlier.first(enrolment.pk, kind.value)) is not None:
        return earlier

    values, reasons = draw_up(enrolment=enrolment, evidence=evidence, issued=clock.today())
    credential = create(**values, holder_name=name_on_paper(enrolment.user))
    insert([Evidence(credential=credential, **item) for item in reasons])
    audit.record_change(
        actor=None,
        code="certificates.issued",
        obj=credential,
        about=enrolment.user,
        after={"number": credential.number, "kind": kind},
    )
    _announce(credential)
    tell(credential, kind="certificates.issued")
    return credential


_earlier = Prepared(
    lambda enrolment, kind: Credential.objects.filter(enrolment=enrolment, kind=kind).order_by("-created")[:1],
    UUID,
    str,
)


def _kind(evidence: Sequence[Mapping[str, Any]]) -> Credential.Kind:
    assessed = any(item["code"] == "assessment-passed" for item in evidence)
    return Credential.Kind.COMPETENCE if assessed else Credential.Kind.ATTENDANCE


def draw_up(
    *, enrolment: Enrolment, evidence: Sequence[Mapping[str, Any]], issued: date
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What a credential for this enrolment says, but for its number and the holder's name, and its dated evidence.
    Writes nothing. 3 queries."""
    months = enrolment.course.validity_months
    texts = texts_of(enrolment.course_id)
    reasons = _dated(evidence)
    return {
        "kind": _kind(evidence),
        "holder": enrolment.user,
        "course": enrolment.course,
        "enrolment": enrolment,
        "title": {text.language: text.certificate_title or text.title for text in texts}
        or {settings.LANGUAGE_CODE: enrolment.course.code},
        "objectives": {text.language: text.objectives for text in texts},
        "paper": paper_of(
            kind=_kind(evidence), minutes=enrolment.course.minutes, titles={text.language: text.title for text in texts}
        ),
        "rule": {
            "name": rules.COURSE,
            "version": enrolment.outline.number,
            "inputs": {item["code"]: {"statement": item["statement"], **item["facts"]} for item in reasons},
        },
        "issued": issued,
        "expires": add_months(issued, months) if months else None,
    }, reasons


@transaction.atomic
def award(
    *,
    holder: User,
    kind: Credential.Kind,
    title: Mapping[str, str],
    objectives: Mapping[str, Sequence[str]],
    rule: str,
    months: int | None,
    evidence: Sequence[tuple[str, Mapping[str, Any]]],
    actor: User | None,
) -> Credential:
    """Issue what no single course has earned: a pathway's certificate. evidence: (code, facts). Whether there is one
    already is the caller's to know. Raises Refused while the clock is in doubt."""
    clock.require()
    today = clock.today()
    credential = create(
        kind=kind,
        holder=holder,
        holder_name=name_on_paper(holder),
        title=dict(title),
        objectives={language: list(lines) for language, lines in objectives.items()},
        paper=paper_of(kind=kind, minutes=None, titles=title),
        rule={"name": rule, "version": 1, "inputs": {}},
        issued=today,
        expires=add_months(today, months) if months else None,
    )
    Evidence.objects.bulk_create(
        Evidence(credential=credential, code=code, facts=dict(facts)) for code, facts in evidence
    )
    audit.record_change(
        actor=actor,
        code="certificates.issued",
        obj=credential,
        about=holder,
        after={"number": credential.number, "kind": kind},
    )
    _announce(credential)
    tell(credential, kind="certificates.issued")
    return credential


def create(**values: Any) -> Credential:
    """A credential with a number of its own, drawn at random."""
    for _draw in range(_DRAWS):
        number = new_number(values["issued"].year)
        try:
            with transaction.atomic():
                return Credential.objects.create(number=number, **values)
        except IntegrityError:
            if not Credential.objects.filter(number=number).exists():
                raise
    raise RuntimeError("The numbers drawn are all taken.")


def _announce(credential: Credential) -> None:
    ask_for_papers(credential)
    credential_issued.send(sender=Credential, credential=credential)


def ask_for_papers(credential: Credential) -> None:
    """Ask for the signed PDF in each of its languages."""
    for language in languages_of(credential):
        jobs.ask(
            RENDER,
            arguments={"credential": str(credential.pk), "language": language},
            key=f"{RENDER}:{credential.pk}:{language}",
        )


def tell(credential: Credential, *, kind: str) -> None:
    """A message to the holder: it names the course by its code, and leads to the certificate."""
    if credential.holder is not None:
        notify(
            credential.holder,
            kind,
            context={"code": credential.code},
            url=reverse("certificate", args=[credential.number]),
            key=f"{kind} {credential.pk}",
        )


def texts_of(course: int) -> list[CourseText]:
    """The texts of a course that its certificates are written from: the live ones, else all. 1 query."""
    texts = _words(course)
    return [text for text in texts if text.live] or texts


_words = Prepared(lambda course: CourseText.objects.filter(course_id=course).order_by("language").defer("folded"), int)


def paper_of(
    *, kind: str, minutes: int | None, titles: Mapping[str, str], reasons: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """What stands on a paper made today around the words of the course, as administrators have written it. reasons:
    {language: for what it is given}, where it is not for a course."""
    issuer = IssuerSettings.load()
    return {
        "minutes": minutes,
        **{
            language: {
                "course_title": titles.get(language, ""),
                "heading": issuer.heading(kind, language),
                "reason": (reasons or {}).get(language) or _own_reason(issuer, kind, language, titles),
                **issuer.on_paper(language),
            }
            for language in pdf.WORDS
        },
    }


def _own_reason(issuer: IssuerSettings, kind: str, language: str, titles: Mapping[str, str]) -> str:
    quoted = pdf.WORDS[language]["quoted"].format(titles.get(language, ""))
    return fill(issuer.reason(kind, language), {"course": quoted})


def _dated(evidence: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The evidence with the day on which each condition was met, and without scores: no form of a credential holds one,
    and whoever must know finds it in the statement."""
    shown = [UUID(str(item["statement"])) for item in evidence if item.get("statement")]
    days = {
        row.pk: timezone.localdate(row.timestamp).isoformat()
        for row in Statement.objects.filter(pk__in=shown).only("timestamp", "body")
        if CLOCK not in row.body.get("context", {}).get("extensions", {})  # nobody knows the day
    }
    found = []
    for item in evidence:
        statement = str(item["statement"]) if item.get("statement") else None
        facts = {name: value for name, value in item.get("facts", {}).items() if name != "score"}
        if statement and (day := days.get(UUID(statement))):
            facts["day"] = day
        found.append({"code": item["code"], "statement": statement, "facts": facts})
    return found


def on_course_completed(
    sender: object, *, enrolment: Enrolment, evidence: Sequence[Mapping[str, Any]], **others: Any
) -> None:
    """Receiver of `courses.signals.course_completed`: the certificate commits with the completion, or not at all. While
    the clock is in doubt, the work to issue it does, and waits until the day is known."""
    if clock.doubt():
        found = json.loads(json.dumps(list(evidence), cls=DjangoJSONEncoder))
        jobs.ask(
            WAITING, arguments={"enrolment": str(enrolment.pk), "evidence": found}, key=f"{WAITING}:{enrolment.pk}"
        )
        return
    issue(enrolment=enrolment, evidence=evidence)


def issue_waiting(job: jobs.Work) -> dict[str, Any]:
    """Handler of `WAITING`: issue what was earned while the clock was in doubt, unless its holder is gone."""
    enrolment = Enrolment.objects.filter(pk=job.arguments["enrolment"], user__isnull=False).first()
    if enrolment is None:
        return {"number": None}
    return {"number": issue(enrolment=enrolment, evidence=job.arguments["evidence"]).number}


# --- the paper ------------------------------------------------------------------------------------------------------


def render(*, credential: Credential, language: str) -> Rendering:
    """The signed PDF in this language, made at the first call and kept; two calls at once keep one file.

    Raises Refused for a credential that is revoked or not confirmed, where there is no paper in this language, and,
    where none is made yet, while the clock is in doubt.
    Raises SigningKeyError. Takes about 0.3 s; not within a transaction, whose rollback would leave the file.
    """
    if credential.status != Credential.Status.ISSUED or credential.erased is not None:
        raise Refused(_("There is no paper of this certificate."))
    if language not in languages_of(credential):
        raise Refused(_("This certificate does not exist in this language."))
    if (found := Rendering.objects.filter(credential=credential, language=language).first()) is not None:
        if default_storage.exists(str(found.file)):
            return found
        found.delete()  # a backup of the database came back without its files
    clock.require()
    content = content_of(credential, language, code=square_code(credential, language))
    return _keep(credential, language, content, pdf.render(content))


def render_all(*, credentials: Sequence[Credential], language: str, done: Callable[[int], None]) -> int:
    """Make the signed PDF of each of these, in this language or the first of its own, where there is none; the next one
    is set while one is signed. done: told how many are behind. Gives how many were made. Raises as `render` does."""
    clock.require()
    there = set(Rendering.objects.filter(credential__in=credentials).values_list("credential_id", "language"))
    made = 0
    with ThreadPoolExecutor(max_workers=1) as setting:
        waiting: deque[_Waiting] = deque()
        for number, credential in enumerate(credentials, start=1):
            languages = languages_of(credential)
            own = language if language in languages else languages[0]
            if (credential.pk, own) not in there:
                content = content_of(credential, own, code=square_code(credential, own))
                waiting.append(_Waiting(credential, own, content, setting.submit(pdf.render, content)))
                made += 1
            if len(waiting) > _AHEAD:
                waiting.popleft().keep()
            done(number - len(waiting))
        while waiting:
            waiting.popleft().keep()
            done(len(credentials) - len(waiting))
    return made


class _Waiting(NamedTuple):
    """A paper that is being set."""

    credential: Credential
    language: str
    content: pdf.CertificateContent
    unsigned: Future[bytes]

    def keep(self) -> None:
        _keep(self.credential, self.language, self.content, self.unsigned.result())


def _keep(credential: Credential, language: str, content: pdf.CertificateContent, unsigned: bytes) -> Rendering:
    """Sign a paper and keep it; one that another process has kept meanwhile stands."""
    signed = sign(
        unsigned,
        own_signer(),
        reason=f"{pdf.WORDS[content.language][content.kind]} {credential.number}",
        location=content.place,
        when=timezone.now(),
    )
    digest = hashlib.sha256(signed).hexdigest()
    name = default_storage.save(f"certificates/{digest}.pdf", ContentFile(signed))
    try:
        rendering, made = Rendering.objects.get_or_create(
            credential=credential,
            language=language,
            defaults={"file": name, "digest": digest, "weight": len(signed)},
        )
    except BaseException:
        default_storage.delete(name)
        raise
    if not made:  # another process was quicker
        default_storage.delete(name)
    return rendering


def record_look_at_paper(*, credential: Credential, actor: User, reason: str) -> None:
    """Write down that an administrator fetched a paper with the name of a protected person, and why."""
    audit.record_look(
        actor=actor, code="certificates.looked-at-paper", obj=credential, about=credential.holder, reason=reason
    )


def render_asked(job: jobs.Work) -> dict[str, Any]:
    """Handler of `RENDER` jobs. A credential that was revoked meanwhile needs no paper."""
    credential = Credential.objects.get(pk=job.arguments["credential"])
    if credential.status != Credential.Status.ISSUED or credential.erased is not None:
        return {"rendered": False}
    return {"rendered": True, "weight": render(credential=credential, language=job.arguments["language"]).weight}


# --- revoking and issuing anew --------------------------------------------------------------------------------------


@transaction.atomic
def revoke(*, credential: Credential, reason: str, actor: User) -> Credential:
    """Revoke for good; the verification page says so with the next request, and the paper can no longer be fetched.

    Raises Refused without a reason, or where it is revoked already.
    """
    reason = reason_of(reason)
    held = Credential.objects.select_for_update().get(pk=credential.pk)
    if held.status == Credential.Status.REVOKED:
        raise Refused(_("This certificate is revoked already."))
    _revoke(held, reason, actor)
    if not held.never_issued:
        tell(held, kind="certificates.revoked")
    return held


def _revoke(held: Credential, reason: str, actor: User) -> None:
    before = held.status
    held.status = Credential.Status.REVOKED
    held.revoked_at = timezone.now()
    held.revoked_by = actor
    held.revocation_reason = reason
    held.save(update_fields=["status", "revoked_at", "revoked_by", "revocation_reason"])
    audit.record_change(
        actor=actor,
        code="certificates.revoked",
        obj=held,
        about=held.holder,
        before={"status": before},
        after={"status": held.status, "number": held.number},
        reason=reason,
    )
    credential_revoked.send(sender=Credential, credential=held)


@transaction.atomic
def reissue(*, credential: Credential, actor: User, reason: str) -> Credential:
    """A new credential, with a new number, in place of this one: the name as it is written today, the same title,
    dates and evidence. One that still holds is revoked with this reason; a revoked one keeps its own.

    Raises Refused without a reason, without a holder, or where another one already stands in its place, or while the
    clock is in doubt.
    """
    clock.require()
    reason = reason_of(reason)
    held = Credential.objects.select_for_update().get(pk=credential.pk)
    if held.standing == Credential.Standing.CANCELLED or held.status == Credential.Status.RESERVED:
        raise Refused(_("This number was never issued: there is nothing to issue anew."))
    name = _name_today(held)
    if not name:
        raise Refused(_("Its holder no longer has an account, so no other certificate can be issued."))
    if Credential.objects.filter(replaces=held).exists():
        raise Refused(_("Another certificate already stands in place of this one."))
    if held.status != Credential.Status.REVOKED:
        _revoke(held, reason, actor)
    if held.enrolment_id and Credential.objects.live().filter(enrolment=held.enrolment_id, kind=held.kind).exists():
        raise Refused(_("The same person already holds a certificate for this course."))
    others = Credential.objects.live().filter(registration=held.registration_id, kind=held.kind)
    if held.registration_id and others.exists():
        raise Refused(_("The same person already holds a certificate for this workshop."))
    printed = {language: held.paper.get(language, {}) for language in pdf.WORDS}
    titles = {language: paper.get("course_title", "") for language, paper in printed.items()}
    reasons = {language: paper["reason"] for language, paper in printed.items() if paper.get("reason")}
    fresh = create(
        kind=held.kind,
        holder=held.holder,
        holder_name=name,
        course=held.course,
        enrolment=held.enrolment,
        workshop=held.workshop,
        registration=held.registration,
        protected=held.protected,
        title=held.title,
        objectives=held.objectives,
        paper=paper_of(kind=held.kind, minutes=held.paper.get("minutes"), titles=titles, reasons=reasons),
        rule=held.rule,
        issued=held.issued,
        expires=held.expires,
        replaces=held,
    )
    Evidence.objects.bulk_create(
        Evidence(credential=fresh, code=row.code, statement=row.statement, facts=row.facts)
        for row in held.evidence.all()
    )
    audit.record_change(
        actor=actor,
        code="certificates.reissued",
        obj=fresh,
        about=fresh.holder,
        before={"number": held.number},
        after={"number": fresh.number},
        reason=reason,
    )
    _announce(fresh)
    tell(fresh, kind="certificates.reissued")
    return fresh


def _name_today(held: Credential) -> str:
    """The name as it is written today: in the account, or, of a participant without one, on the list."""
    if held.holder is not None:
        return name_on_paper(held.holder)
    return one_line(held.registration.name) if held.registration is not None else ""


def reason_of(reason: str) -> str:
    """The reason as it is kept. Raises Refused for none, or for one that is too long."""
    reason = reason.strip()
    if not reason:
        raise Refused(_("Say why: the holder will read it."))
    if len(reason) > REASON_LENGTH:
        raise Refused(_("The reason is too long: %(most)d characters at most.") % {"most": REASON_LENGTH})
    return reason


# --- reconciling ----------------------------------------------------------------------------------------------------


def reconcile(job: jobs.Work | None = None) -> dict[str, Any]:
    """Find completed enrolments without a credential of any status, and report how many and which (the first hundred).

    Nothing is issued: what the record decided then, with its evidence, is for a person to look at.
    """
    missing = (
        Enrolment.objects.filter(status=Enrolment.Status.COMPLETED, user__isnull=False, credentials__isnull=True)
        .order_by("completed_at")
        .values_list("pk", flat=True)
    )
    return {"missing": missing.count(), "enrolments": [str(pk) for pk in missing[:100]]}
