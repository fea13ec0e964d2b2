"""What attendance means for the learning record: who was there (`attended`), and the workshop as a step of a course
(`completed`). Called within the transaction that closed attendance, changed it, or enrolled somebody.

A statement follows what the list says of a session; a completion is decided once and stays, whatever is put right later.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction
from django.utils import timezone

from courses import rules
from courses.models import Enrolment
from courses.services import effective_outline, locked_enrolment, note_outcome, progress_of
from operations import audit, clock
from people.models import User
from records.projection import counting
from records.services import key_for, record, void
from records.statements import build, rule_of
from records.verbs import Verb
from workshops.models import Mark, Presence, Registration, Session, Workshop
from workshops.services.attendance import attended

CORRECTED = "corrected"  # why a statement was voided


# --- who was there --------------------------------------------------------------------------------------------------


@transaction.atomic(savepoint=False)
def record_attendance(*, workshop: Workshop, registrations: Collection[Registration], actor: User) -> set[UUID]:
    """Bring the `attended` statements of these people to what the list says; gives the registrations that lost one.

    Its id follows from the mark that decides: the same mark is never told twice, another one voids what was said and
    says it anew, where the person was there. A contradiction that nobody has settled changes nothing, nor does an account
    that was erased. SQL: 3, and for each account 1, for each statement voided some 5.
    """
    rows = list(
        Presence.objects.filter(registration__in=registrations, session__workshop=workshop, session__cancelled=False)
        .select_related("session", "registration__user")
        .order_by("session__day", "session__starts", "registration__number")
    )
    enrolments = _enrolments(workshop, {row.registration.user_id for row in rows})
    keys: dict[int, UUID] = {}
    statements, changed = [], []
    lost: set[UUID] = set()
    for row in rows:
        user = row.registration.user
        present = row.status == Mark.Status.PRESENT
        wanted = uuid5(row.mark_id, "attended") if present else None
        if row.conflict or wanted == row.statement or (present and user is None):
            continue
        if row.statement is not None:
            void(row.statement, by=key_for(actor), reason=CORRECTED)
            if not present:
                lost.add(row.registration_id)
        if wanted is not None and user is not None:
            if user.pk not in keys:
                keys[user.pk] = key_for(user)
            statements.append(
                build(
                    id=wanted,
                    actor=keys[user.pk],
                    verb=Verb.ATTENDED,
                    activity=row.session_id,
                    registration=enrolments.get(user.pk),
                    when=_when(row.session),
                    parent=workshop.pk,
                )
            )
        row.statement = wanted
        changed.append(row)
    record(statements)
    Presence.objects.bulk_update(changed, ["statement"], batch_size=200)
    return lost


def _enrolments(workshop: Workshop, users: Collection[int | None]) -> dict[int | None, UUID]:
    """The enrolment in the workshop's course that counts for each person: the newest that was not left."""
    if workshop.course_id is None:
        return {}
    rows = Enrolment.objects.filter(course=workshop.course_id, user__in=[user for user in users if user])
    rows = rows.exclude(status=Enrolment.Status.WITHDRAWN).order_by("created", "pk")
    return dict(rows.values_list("user_id", "pk"))


def _when(session: Session) -> dt.datetime:
    """The end of the session, but nothing that is still to come by the clock that is believed."""
    return min(timezone.make_aware(dt.datetime.combine(session.day, session.ends)), clock.now())


# --- the workshop of a course ---------------------------------------------------------------------------------------


@transaction.atomic(savepoint=False)
def complete_workshop(*, workshop: Workshop, registrations: Collection[Registration]) -> None:
    """Complete the workshop's step in the courses of those of these people who reach the share that is asked for."""
    if workshop.course_id is None:
        return
    reached = attended(workshop)
    users = [
        row.user_id for row in registrations if row.pk in reached and row.user_id and row.state in Registration.EXPECTED
    ]
    rows = Enrolment.objects.filter(course=workshop.course_id, user__in=users, status=Enrolment.Status.ACTIVE)
    for enrolment in rows.select_related("outline").order_by("pk"):
        complete_steps(enrolment=enrolment)


@transaction.atomic(savepoint=False)
def complete_after_enrolling(*, enrolment: Enrolment) -> None:
    """Complete the workshop steps of somebody who enrols after the workshop. A workshop that is being closed at this
    moment is waited for, so that neither misses the other."""
    if _steps(enrolment.outline.outline):
        own = Registration.objects.filter(user=enrolment.user_id, workshop__course=enrolment.course_id)
        list(Workshop.objects.select_for_update().filter(pk__in=own.values("workshop")).order_by("pk"))
        complete_steps(enrolment=enrolment)


@transaction.atomic(savepoint=False)
def complete_steps(*, enrolment: Enrolment) -> None:
    """Complete the workshop steps of an active enrolment by the workshops of its course that the person has attended.

    One workshop completes one step, the first that is left; one that counted for a completed enrolment does not count
    for its renewal. A second time changes nothing. SQL: none where the outline holds no workshop.
    """
    if not _steps(enrolment.outline.outline):
        return
    held = locked_enrolment(enrolment.pk)
    if held.status != Enrolment.Status.ACTIVE or held.user is None:
        return
    progress = progress_of(held)
    steps = _steps(effective_outline(held, progress=progress))
    waiting = [entry for entry in steps if not rules.finished(progress, entry)]
    if not waiting:
        return
    for entry, row in zip(waiting, _uncounted(held), strict=False):
        key = rules.key_of(entry)
        note_outcome(held, activity=key, statements=[_completion(held, key, row)])


def _steps(outline: rules.Outline) -> list[rules.Entry]:
    return [entry for entry in rules.steps(outline) if entry["rule"] == rules.ATTENDED]


def _uncounted(held: Enrolment) -> list[Registration]:
    """The person's registrations of closed workshops that they attended and that have completed nothing yet, the first
    closed first."""
    rows = Registration.objects.filter(
        user=held.user,
        state__in=Registration.EXPECTED,
        workshop__course=held.course_id,
        workshop__closed_at__isnull=False,
    )
    counted = _counted(
        {
            held.pk,
            *Enrolment.objects.filter(
                user=held.user, course=held.course_id, status=Enrolment.Status.COMPLETED
            ).values_list("pk", flat=True),
        }
    )
    return [
        row
        for row in rows.select_related("workshop").order_by("workshop__closed_at", "workshop__code")
        if str(row.workshop_id) not in counted and row.pk in attended(row.workshop)
    ]


def _counted(registrations: Collection[UUID]) -> set[str]:
    """The workshops that have completed a step of these enrolments, by the record."""
    found = counting().filter(registration__in=registrations, verb=Verb.COMPLETED).only("body")
    told = [rule for statement in found if (rule := rule_of(statement.body)) and rule.get("name") == rules.ATTENDED]
    return {str(rule["inputs"].get("workshop", "")) for rule in told}


def _completion(held: Enrolment, activity: UUID, row: Registration) -> dict[str, Any]:
    assert held.user is not None
    asked = row.workshop.sessions.filter(required=True, cancelled=False)
    present = Presence.objects.filter(registration=row, status=Mark.Status.PRESENT, conflict=False, session__in=asked)
    inputs = {
        "workshop": str(row.workshop_id),
        "sessions": [
            str(pk) for pk in present.order_by("session__day", "session__starts").values_list("session", flat=True)
        ],
        "asked": asked.count(),
        "share": row.workshop.min_share,
    }
    return build(
        actor=key_for(held.user),
        verb=Verb.COMPLETED,
        activity=activity,
        registration=held.pk,
        when=clock.now(),
        completion=True,
        parent=held.course.key,
        rule={"name": rules.ATTENDED, "version": held.outline.number, "inputs": inputs},
    )


@transaction.atomic(savepoint=False)
def note_loss(
    *, workshop: Workshop, registrations: Sequence[Registration], lost: Collection[UUID], actor: User
) -> None:
    """Say in the audit trail whose completion stays although their attendance, put right, no longer reaches the share."""
    below = [row for row in registrations if row.pk in lost and row.user_id]
    if workshop.course_id is None or not below:
        return
    reached = attended(workshop)
    for row in below:
        own = Enrolment.objects.filter(user=row.user_id, course=workshop.course_id).values_list("pk", flat=True)
        if row.pk in reached or str(workshop.pk) not in _counted(list(own)):
            continue
        audit.record_change(
            actor=actor,
            code="workshops.completion-stays",
            obj=row,
            after={"workshop": workshop.code, "participant": row.number},
            about=row.user,
            branch=workshop.organiser.path,
        )
