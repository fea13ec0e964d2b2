"""Certificates of attendance of workshops: issued by the rule once attendance is closed, before that kept ready with a
reserved number, and by an administrator's hand with a reason.

Rows are written in the worker, not in the request that closes attendance: two hundred papers take longer than a page.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from certificates import pdf, services
from certificates.badges import badge_json
from certificates.dates import add_months
from certificates.models import Credential, Evidence, IssuerSettings
from certificates.paper import content_of, languages_of, name_on_paper, one_line, specimen_of, square_code
from certificates.queries.workshops import (
    Tally,
    credentials_of,
    desk_of,
    is_due,
    is_unsettled,
    may_reserve,
    name_of,
    tally_of,
    why_none,
)
from certificates.signals import credential_issued, credential_revoked
from operations import audit, clock, jobs
from operations.errors import Refused
from operations.mail import language_of
from operations.notify import notify
from people.checks import allowed
from people.models import Role, RoleGrant, User
from people.policy import Capability
from workshops.models import Registration, Workshop

ISSUE = "certificates.workshop"  # kind of job: issue what was earned, and make its papers
PRINT = "certificates.print"  # kind of job: all papers of a workshop in one file
RULE, BY_HAND = "workshop-attendance", "by-hand"
KIND = Credential.Kind.ATTENDANCE
KEPT = dt.timedelta(days=7)  # a file for printing: it is made again in seconds


# --- what is written ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Draft:
    """What all certificates of one workshop say alike."""

    values: Mapping[str, Any]
    months: int | None

    def dated(self, issued: dt.date) -> dict[str, Any]:
        return {
            **self.values,
            "issued": issued,
            "expires": add_months(issued, self.months) if self.months else None,
        }


def draw_up(workshop: Workshop) -> Draft:
    """What a certificate of this workshop says, but for number, name and dates. Writes nothing. 3 queries."""
    texts = services.texts_of(workshop.course_id) if workshop.course_id else []
    language = workshop.language if workshop.language in pdf.WORDS else "fr"
    titles = {text.language: text.title for text in texts}
    held = [row for row in workshop.sessions.all() if row.required and not row.cancelled]
    issuer = IssuerSettings.load()
    reasons = {
        one: pdf.for_workshop(one, workshop.place, workshop.starts, workshop.ends, issuer.reason("workshop", one))
        for one in pdf.WORDS
    }
    return Draft(
        {
            "kind": KIND,
            "course": workshop.course,
            "workshop": workshop,
            # The course's own wording for its certificate may speak of success; this one says that somebody was there.
            "title": titles or {language: workshop.title},
            "objectives": {text.language: text.objectives for text in texts},
            "paper": services.paper_of(
                kind=KIND, minutes=sum(map(_minutes, held)) or None, titles=titles, reasons=reasons
            ),
        },
        workshop.course.validity_months if workshop.course else None,
    )


def _minutes(session: Any) -> int:
    begins, ends = (dt.datetime.combine(session.day, hour) for hour in (session.starts, session.ends))
    return int((ends - begins).total_seconds()) // 60


def _holder(registration: Registration) -> dict[str, Any]:
    """Whose it is: the account, or, without one, the name on the list."""
    user = registration.user
    return {
        "registration": registration,
        "holder": user,
        "holder_name": name_on_paper(user) if user else one_line(registration.name),
        "protected": registration.protected,
    }


def _evidence(tally: Tally, registration: Registration) -> list[dict[str, Any]]:
    """A row for each day on which the participant was there."""
    found = tally.of(registration)
    return [
        {
            "code": "sessions-attended",
            "statement": found.statements.get(day),
            "facts": {"done": done, "total": held, "day": day},
        }
        for day, (done, held) in sorted(found.by_day.items())
    ]


def _rule(name: str, evidence: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    inputs = [{"statement": str(row["statement"] or ""), **row["facts"]} for row in evidence]
    return {"name": name, "version": 1, "inputs": {"sessions": inputs}}


# --- by the rule ----------------------------------------------------------------------------------------------------


def on_attendance_closed(sender: object, *, workshop: Workshop, **others: Any) -> None:
    """Receiver of `workshops.signals.attendance_closed`: the work to issue what was earned commits with it."""
    ask_to_issue(workshop=workshop)


@transaction.atomic
def ask_to_issue(*, workshop: Workshop, actor: User | None = None) -> jobs.Job:
    """Ask for everything that is due of this workshop; work that waits already is not asked for twice.

    Raises Refused where attendance is not closed, or the actor may not.
    """
    allowed(actor, Capability.MANAGE_COHORTS, workshop)
    if workshop.closed_at is None:
        raise Refused(_("Attendance is not closed: nothing is issued before it is."), _("Close attendance first."))
    waiting = of_workshop(workshop, kind=ISSUE).filter(status=jobs.Job.Status.WAITING).first()
    if waiting is not None:
        return waiting
    asked_by = actor or workshop.closed_by
    return jobs.ask(ISSUE, arguments={"workshop": str(workshop.pk)}, asked_by=asked_by)


def of_workshop(workshop: Workshop, *, kind: str) -> QuerySet[jobs.Job]:
    """The work of this kind on this workshop, newest first. Lazy."""
    return jobs.Job.objects.filter(kind=kind, arguments__workshop=str(workshop.pk)).order_by("-created")


def issue_asked(job: jobs.Work) -> dict[str, Any]:
    """Handler of `ISSUE`: confirm and issue what was earned, cancel what was prepared for nothing, make papers and badges.
    Run again, it does only what is missing."""
    workshop = Workshop.objects.select_related("course", "organiser").get(pk=job.arguments["workshop"])
    if workshop.closed_at is None:
        raise Refused(_("Attendance is not closed: nothing is issued before it is."))
    clock.require()
    tally, draft, held = tally_of(workshop), draw_up(workshop), credentials_of(workshop)
    people = list(workshop.registrations.filter(state__in=Registration.EXPECTED).select_related("user"))
    earned = [row for row in people if not why_none(row, tally)]
    total = 2 * len(earned)
    issued = 0
    for number, row in enumerate(earned, start=1):
        if is_due(row, held.get(row.pk), tally):
            _give(workshop=workshop, registration=row, tally=tally, draft=draft)
            issued += 1
        job.progress(number, total)
    cancelled = cancel_unused(workshop=workshop, kept={row.pk for row in earned})
    rows = Credential.objects.filter(workshop=workshop, status=Credential.Status.ISSUED, erased__isnull=True)
    papers = list(rows.select_related("holder", "course__domain").order_by("registration__number"))
    made = services.render_all(
        credentials=papers,
        language=workshop.language,
        done=lambda count: job.progress(min(total, len(earned) + count), total),
    )
    for credential in papers if made else ():
        badge_json(credential)
    return {"issued": issued, "cancelled": cancelled, "papers": made}


@transaction.atomic
def issue(*, registration: Registration, actor: User | None = None) -> Credential:
    """Issue what one participant has earned, once: a repeat gives the credential that is there, even a revoked one.

    Raises Refused, in words, where it is not earned, attendance is not closed, or the actor may not.
    """
    registration = _locked(registration)
    workshop = registration.workshop
    allowed(actor, Capability.MANAGE_COHORTS, workshop)
    clock.require()
    tally = tally_of(workshop)
    if why := why_none(registration, tally):
        raise Refused(why)
    credential = _give(workshop=workshop, registration=registration, tally=tally, draft=draw_up(workshop))
    services.ask_for_papers(credential)
    return credential


def _locked(registration: Registration) -> Registration:
    rows = Registration.objects.select_for_update(of=("self",))
    return rows.select_related("workshop__course", "workshop__organiser", "user").get(pk=registration.pk)


@transaction.atomic
def _give(*, workshop: Workshop, registration: Registration, tally: Tally, draft: Draft) -> Credential:
    Registration.objects.select_for_update().get(pk=registration.pk)
    there = Credential.objects.filter(registration=registration, kind=KIND)
    if (earlier := there.given().order_by("-created").first()) is not None:
        return earlier
    evidence = _evidence(tally, registration)
    rule = _rule(RULE, evidence)
    reserved = there.filter(status=Credential.Status.RESERVED).first()
    if reserved is not None:
        return _confirm(reserved, rule, evidence, actor=None)
    credential = services.create(**draft.dated(clock.today()), **_holder(registration), rule=rule)
    return _given(credential, evidence, code="certificates.issued", actor=None)


def _confirm(
    held: Credential,
    rule: dict[str, Any],
    evidence: Sequence[Mapping[str, Any]],
    *,
    actor: User | None,
    reason: str = "",
) -> Credential:
    """The paper that was prepared holds from now on: the same number, the same words."""
    held.status, held.confirmed_at, held.rule = Credential.Status.ISSUED, timezone.now(), rule
    held.save(update_fields=["status", "confirmed_at", "rule"])
    return _given(held, evidence, code="certificates.confirmed", actor=actor, reason=reason)


def _given(
    credential: Credential,
    evidence: Sequence[Mapping[str, Any]],
    *,
    code: str,
    actor: User | None,
    reason: str = "",
) -> Credential:
    Evidence.objects.bulk_create(Evidence(credential=credential, **row) for row in evidence)
    _note(credential, code, actor=actor, reason=reason)
    credential_issued.send(sender=Credential, credential=credential)
    services.tell(credential, kind="certificates.issued")
    return credential


def _note(credential: Credential, code: str, *, actor: User | None, reason: str = "") -> None:
    workshop = credential.workshop
    audit.record_change(
        actor=actor,
        code=code,
        obj=credential,
        about=credential.holder,
        after={"number": credential.number, "workshop": workshop.code if workshop else ""},
        reason=reason,
        branch=workshop.organiser.path if workshop else "",
    )


@transaction.atomic
def issue_by_hand(*, registration: Registration, reason: str, actor: User) -> Credential:
    """Issue what the rule does not give, by an administrator and with a reason that stays on record and that the holder
    reads.

    Raises Refused without a reason or a name, where there is one already, or for everybody else.
    """
    registration = _locked(registration)
    workshop = registration.workshop
    allowed(actor, Capability.ISSUE_CREDENTIAL, registration)
    clock.require()
    reason = services.reason_of(reason)
    if workshop.status == Workshop.Status.CANCELLED:
        raise Refused(_("The workshop was cancelled."))
    if not name_of(registration):
        raise Refused(_("No name is written on the list."))
    there = Credential.objects.filter(registration=registration, kind=KIND)
    if there.given().live().exists():
        raise Refused(_("The same person already holds a certificate for this workshop."))
    if there.given().exists():
        raise Refused(_("What was revoked comes back only when it is issued anew."))
    evidence = [
        *_evidence(tally_of(workshop), registration),
        {"code": "by-hand", "statement": None, "facts": {"reason": reason, "day": clock.today().isoformat()}},
    ]
    rule = {"name": BY_HAND, "version": 1, "inputs": {"reason": reason}}
    reserved = there.filter(status=Credential.Status.RESERVED).first()
    if reserved is not None:
        credential = _confirm(reserved, rule, evidence, actor=actor, reason=reason)
    else:
        credential = services.create(**draw_up(workshop).dated(clock.today()), **_holder(registration), rule=rule)
        _given(credential, evidence, code="certificates.issued-by-hand", actor=actor, reason=reason)
    services.ask_for_papers(credential)
    return credential


# --- before the closing ceremony ------------------------------------------------------------------------------------


@transaction.atomic
def reserve(*, workshop: Workshop, actor: User, registrations: Collection[UUID] | None = None) -> list[Credential]:
    """Keep numbers ready for these participants, or all who are expected: their papers can be printed, and verify as not
    yet confirmed until attendance is closed. Those who have one already keep it.

    Raises Refused once attendance is closed, where the workshop was cancelled, or where the actor may not.
    """
    allowed(actor, Capability.MANAGE_COHORTS, workshop)
    clock.require()
    held = Workshop.objects.select_for_update(of=("self",)).select_related("course", "organiser").get(pk=workshop.pk)
    if held.status == Workshop.Status.CANCELLED:
        raise Refused(_("The workshop was cancelled."))
    if held.closed_at is not None:
        raise Refused(_("Attendance is closed: certificates are issued now, and no number is reserved any more."))
    there, draft, now = credentials_of(held), draw_up(held), timezone.now()
    rows = held.registrations.filter(state__in=Registration.EXPECTED).select_related("user").order_by("number")
    if registrations is not None:
        rows = rows.filter(pk__in=registrations)
    day = max(clock.today(), held.ends)  # the day of the ceremony stands on the paper
    made = []
    for row in rows:
        if may_reserve(row, there.get(row.pk)):
            credential = services.create(
                **draft.dated(day),
                **_holder(row),
                rule={"name": RULE, "version": 1, "inputs": {}},
                status=Credential.Status.RESERVED,
                reserved_at=now,
            )
            _note(credential, "certificates.reserved", actor=actor)
            made.append(credential)
    return made


@transaction.atomic
def cancel_unused(*, workshop: Workshop, kept: Collection[UUID] = ()) -> int:
    """Cancel the numbers that were reserved for others than these registrations; a number is never used again."""
    waiting = Credential.objects.filter(workshop=workshop, status=Credential.Status.RESERVED)
    rows = list(waiting.exclude(registration__in=list(kept)).select_for_update())
    for held in rows:
        held.status, held.revoked_at = Credential.Status.REVOKED, timezone.now()
        held.save(update_fields=["status", "revoked_at"])
        _note(held, "certificates.cancelled", actor=None)
        credential_revoked.send(sender=Credential, credential=held)
    return len(rows)


# --- for printing ---------------------------------------------------------------------------------------------------


@transaction.atomic
def ask_to_print(*, workshop: Workshop, actor: User, language: str) -> jobs.Job:
    """Ask for all papers of the workshop in one file, in the order of the list. Papers whose name the actor may not read
    are left out. Raises Refused where there is none, or the actor may not."""
    allowed(actor, Capability.MANAGE_COHORTS, workshop)
    if not desk_of(workshop, actor).printable:
        raise Refused(_("There is no paper to print yet."))
    _note_print(workshop, actor)
    arguments = {"workshop": str(workshop.pk), "language": language if language in pdf.WORDS else "fr"}
    return jobs.ask(PRINT, arguments=arguments, asked_by=actor)


def _note_print(workshop: Workshop, actor: User) -> None:
    audit.record_change(
        actor=actor,
        code="certificates.printed",
        obj=workshop,
        after={"workshop": workshop.code},
        branch=workshop.organiser.path,
    )


def print_asked(job: jobs.Work) -> dict[str, Any]:
    """Handler of `PRINT`: one PDF for the person who asked, without signature, for ink and stamp."""
    workshop = Workshop.objects.select_related("organiser").get(pk=job.arguments["workshop"])
    person = User.objects.get(pk=job.asked_by_id)
    rows = [line.credential for line in desk_of(workshop, person).printable if line.credential is not None]
    if not rows:
        raise Refused(_("There is no paper to print yet."))
    contents = []
    for number, credential in enumerate(rows, start=1):
        languages = languages_of(credential)
        own = job.arguments["language"] if job.arguments["language"] in languages else languages[0]
        contents.append(content_of(credential, own, code=square_code(credential, own)))
        job.progress(number, 2 * len(rows))
    content = pdf.render_together(contents, timezone.localdate())
    name = print_name(job.id)
    if default_storage.exists(name):
        default_storage.delete(name)
    default_storage.save(name, ContentFile(content))
    job.progress(2 * len(rows), 2 * len(rows))
    return {"file": name, "papers": len(rows), "weight": len(content)}


def print_name(job: UUID) -> str:
    """Where a file for printing lies: no address leads there but the one that asks who may."""
    return f"prints/{job.hex}.pdf"


def forget_prints(now: dt.datetime | None = None) -> int:
    """Delete files for printing that are older than `KEPT`, and those whose work is forgotten. Gives how many."""
    now = now or timezone.now()
    kept = jobs.Job.objects.filter(kind=PRINT).filter(Q(ended__gte=now - KEPT) | Q(ended__isnull=True))
    names = {print_name(pk).rpartition("/")[2] for pk in kept.values_list("pk", flat=True)}
    if not default_storage.exists("prints"):
        return 0
    old = [name for name in default_storage.listdir("prints")[1] if name not in names]
    for name in old:
        default_storage.delete(f"prints/{name}")
    return len(old)


def specimen(*, workshop: Workshop, language: str) -> bytes:
    """How a certificate of this workshop will look: a specimen, without a number that verifies and without a signature."""
    values = draw_up(workshop).dated(max(clock.today(), workshop.ends))
    return pdf.render(specimen_of(Credential(**values, status=Credential.Status.RESERVED), language))


# --- every night ----------------------------------------------------------------------------------------------------


def reconcile(job: jobs.Work | None = None) -> dict[str, Any]:
    """What was earned and is not there: of courses reported (`certificates.services.reconcile`), of workshops issued.

    What waits for a person, because two people recorded different things or because attendance was put right after a
    certificate was issued, is told to administrators, once for each workshop and number of cases.
    """
    asked, unsettled = [], {}
    for workshop in Workshop.objects.filter(closed_at__isnull=False).select_related("organiser").iterator():
        tally, held = tally_of(workshop), credentials_of(workshop)
        people = list(workshop.registrations.filter(state__in=Registration.EXPECTED).select_related("user"))
        if any(is_due(row, held.get(row.pk), tally) for row in people):
            ask_to_issue(workshop=workshop)
            asked.append(workshop.code)
        cases = sum(is_unsettled(row, held.get(row.pk), tally) for row in people)
        if cases:
            unsettled[workshop.code] = cases
            _tell_administrators(workshop, cases)
    for workshop in Workshop.objects.filter(
        status=Workshop.Status.CANCELLED, credentials__status="reserved"
    ).distinct():
        cancel_unused(workshop=workshop)
    forget_prints()
    return {**services.reconcile(job), "workshops": asked, "unsettled": unsettled}


def _tell_administrators(workshop: Workshop, cases: int) -> None:
    today = clock.today()
    grants = RoleGrant.objects.filter(role=Role.ADMINISTRATOR, since__lte=today).exclude(until__lt=today)
    for person in User.objects.filter(pk__in=grants.values("user"), is_active=True):
        with override(language_of(person)):
            address = reverse("workshop-certificates", args=[workshop.pk])
        notify(
            person,
            "certificates.unsettled",
            context={"code": workshop.code, "cases": cases},
            url=address,
            key=f"certificates.unsettled {workshop.pk} {cases}",
        )
