"""How long each kind of data is kept: one table, enforced by a job every day and shown on the privacy page.

Rooms say in `AppConfig.ready` how a rule of theirs is enforced:

    retention.register("answers", forget)  # forget(before) deletes what is older and returns how much
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from operations import clock, jobs, mail
from operations.connections import take_statistics
from operations.models import AuditEntry
from people.models import DataExport, ErasureRequest, Invitation, LoginCode, Merge, Retention

JOB = "people.retention"
_DAY = timedelta(days=1)
_YEAR = timedelta(days=365)
EXPORT_DAYS = 7
MERGE_DAYS = 30

Forget = Callable[[datetime], int]


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of data. `keep`: how long after its end it is deleted; None: by no job, `how_long` says until when."""

    kind: str
    what: str | Promise
    how_long: str | Promise
    why: str | Promise
    keep: timedelta | None = None


RULES: tuple[Rule, ...] = (
    Rule(
        "account",
        _("Account: names, staff number, e-mail address, language, sex; institutions, roles, professions"),
        _("as long as the account exists"),
        _("to know you, and to let you see what is for you"),
    ),
    Rule(
        "learning",
        _("Enrolments, progress, results of assessments"),
        _("as long as the account exists; then without the person"),
        _("to go on where you were, and to prove what you have achieved"),
    ),
    Rule(
        "record",
        _("Learning record, under a pseudonym"),
        _("for ever; the link to you goes with the account"),
        _("so that nobody can change afterwards what was achieved"),
    ),
    Rule(
        "answers",
        _("Answers to quizzes and assessments"),
        _("3 years after they were handed in"),
        _("to answer an objection to a result"),
        3 * _YEAR,
    ),
    Rule(
        "notebook",
        _("Notebook"),
        _("until you delete it, or the account is erased"),
        _("for you alone"),
    ),
    Rule(
        "certificates",
        _("Certificates: number, title, dates"),
        _("for ever; the name and the paper go with the account"),
        _("so that anybody can verify a certificate"),
    ),
    Rule(
        "error-reports",
        _("Reports of errors in lessons"),
        _("2 years after they were answered"),
        _("to correct the lessons"),
        2 * _YEAR,
    ),
    Rule(
        "questions",
        _("Questions to instructors with their answers, and announcements to groups"),
        _("2 years after they were written"),
        _("to help you, and others in your group"),
        2 * _YEAR,
    ),
    Rule(
        "workshops",
        _("Workshops: where you were on the list, attendance, tests, what you led"),
        _("as long as the account exists; then number, institution, profession and sex, without the person"),
        _("to say who was trained, when and where"),
    ),
    Rule(
        "names-without-account",
        _("Workshops: name, post and telephone of participants without an account"),
        format_lazy(_("{years} years after the workshop; the counts stay"), years=settings.NAMES_WITHOUT_ACCOUNT_YEARS),
        _("to confirm who was trained"),
        settings.NAMES_WITHOUT_ACCOUNT_YEARS * _YEAR,
    ),
    Rule(
        "allowances",
        _("Allowances paid at workshops"),
        _("10 years after the workshop"),
        _("because accounts are kept so long"),
        10 * _YEAR,
    ),
    Rule(
        "support-contacts",
        _("Support contact of a workshop"),
        _("30 days after the workshop"),
        _("so that somebody can be reached"),
        30 * _DAY,
    ),
    Rule("messages", _("Messages"), _("1 year"), _("to tell you what concerns you"), mail.KEEP_MESSAGES),
    Rule("e-mails", _("That an e-mail was sent"), _("90 days"), _("to send each once"), mail.KEEP_DELIVERIES),
    Rule(
        "codes",
        _("Slips and recovery codes: who made them, when"),
        _("1 year after they ended"),
        _("so that you can read who opened your account"),
        _YEAR,
    ),
    Rule("invitations", _("Invitations"), _("1 year after they ended"), _("to know who invited whom"), _YEAR),
    Rule(
        "sessions",
        _("Where you are signed in: address, browser"),
        _("until it ends, 14 days at most"),
        _("so that you can sign out everywhere"),
        timedelta(0),
    ),
    Rule(
        "exports",
        _("Copies of your data that you asked for"),
        _("7 days"),
        _("so that you can fetch them"),
        EXPORT_DAYS * _DAY,
    ),
    Rule(
        "erasures",
        _("Requests to be erased that were withdrawn"),
        _("1 year"),
        _("to prove that nothing was done"),
        _YEAR,
    ),
    Rule(
        "merges",
        _("What is left of an account that was merged with another"),
        _("30 days"),
        _("so that a mistake can be undone"),
        MERGE_DAYS * _DAY,
    ),
    Rule(
        "jobs", _("Background work: who asked for it"), _("90 days after it ended"), _("to find faults"), jobs.KEEP_JOBS
    ),
    Rule(
        "trail",
        _("Audit trail: who changed what, and who looked"),
        _("5 years"),
        _("to find out who did what, and to protect you"),
        jobs.KEEP_AUDIT,
    ),
)

_enforcers: dict[str, Forget] = {}


def register(kind: str, forget: Forget) -> None:
    """Say how a rule is enforced: `forget(before)` deletes what ended before that moment and returns how much."""
    _enforcers[kind] = forget


def enforcers() -> dict[str, Forget]:
    return dict(_enforcers)


def enforce(job: jobs.Work | None = None) -> dict[str, int]:
    """Enforce every rule, each in a transaction of its own, and write when and how much; SQLite then counts its tables
    anew. Handler of `JOB`.

    Raises Refused while the clock is in doubt: a jump into the future must not delete everything.
    """
    clock.require()
    removed: dict[str, int] = {}
    bound = [rule for rule in RULES if rule.keep is not None]
    for number, rule in enumerate(bound, start=1):
        now = timezone.now()
        with transaction.atomic():
            removed[rule.kind] = _enforcers[rule.kind](now - (rule.keep or timedelta(0)))
            Retention.objects.update_or_create(
                kind=rule.kind, defaults={"enforced": now, "removed": removed[rule.kind]}
            )
        if job is not None:
            job.progress(number, len(bound))
    jobs.tidy_periodic()
    take_statistics()
    return removed


# --- how the rules of this room and of the one below are enforced ---------------------------------------------------


def connect() -> None:
    """Called once, from `AppConfig.ready`."""
    register("messages", mail.forget_messages)
    register("e-mails", mail.forget_deliveries)
    register("jobs", jobs.forget_jobs)
    register("trail", AuditEntry.objects.forget_before)
    register("codes", _codes)
    register("invitations", _invitations)
    register("sessions", _sessions)
    register("exports", lambda before: delete_exports(before + EXPORT_DAYS * _DAY))
    register("erasures", _erasures)
    jobs.register(JOB, enforce, name=_("Tidying away what was kept long enough"), dated=True)
    jobs.periodic(JOB, every=_DAY)


def _codes(before: datetime) -> int:
    # One that was used counts from its end too: then the holder has read who made it.
    return LoginCode.objects.filter(expires__lt=before).delete()[0]


def _invitations(before: datetime) -> int:
    return Invitation.objects.filter(Q(expires__lt=before) | Q(withdrawn__lt=before)).delete()[0]


def _sessions(before: datetime) -> int:
    gone = Session.objects.filter(expire_date__lt=before).delete()[0]
    UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()
    return gone


def _erasures(before: datetime) -> int:
    return ErasureRequest.objects.filter(status=ErasureRequest.Status.WITHDRAWN, ended__lt=before).delete()[0]


def delete_exports(now: datetime) -> int:
    """Delete the copies that have expired by `now`, files included, and those that never became ready in that time."""
    old = DataExport.objects.filter(Q(expires__lte=now) | Q(ready=None, asked__lt=now - EXPORT_DAYS * _DAY))
    return drop_exports(list(old))


def drop_exports(exports: list[DataExport]) -> int:
    """Delete these copies; their files go once the transaction has committed."""
    for export in exports:
        if export.file:
            transaction.on_commit(lambda name=export.file: default_storage.delete(name))  # type: ignore[misc]
        export.delete()
    return len(exports)


def undo_until(merge: Merge) -> datetime:
    """The moment from which a merge can no longer be undone."""
    return merge.at + MERGE_DAYS * _DAY
