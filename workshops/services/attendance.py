"""Attendance: what was recorded of each session, and what it comes to.

Marks are only ever added. What they come to (`Presence`) is worked out anew from all of them, so that the order in which
phones find the network changes nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from operations import audit
from operations.errors import Refused
from people.checks import allowed, words
from people.models import Institution, User
from people.policy import Capability
from records.services import key_for
from workshops.incoming import ArrivalIn, Batch, HeadCountIn, MarkIn
from workshops.models import HeadCount, Mark, Presence, Registration, Session, Workshop
from workshops.rules import reaches
from workshops.services.registration import register
from workshops.signals import attendance_closed

# So many rows made by one person within so many seconds were not called one by one.
BULK_ROWS, BULK_SECONDS = 8, 8


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one item that was sent: kept (also where it was known already), or not, and why."""

    id: str
    kept: bool
    sentence: str = ""


# --- taking in ------------------------------------------------------------------------------------------------------


@transaction.atomic
def take_in(
    *, workshop: Workshop, batch: Batch, actor: User, source: str = Mark.Source.CALL, now: dt.datetime | None = None
) -> list[Taken]:
    """Keep what a facilitator recorded, item by item, and give an answer for each. Sending it again changes nothing.

    `made` is the clock of the device and is only kept; what counts is when it came in. After closing, marks are still
    kept, and flagged; like a correction, they are told to whoever counts attendance. Raises Refused where the actor does not teach this workshop, or it was cancelled.
    """
    allowed(actor, Capability.MANAGE_COHORTS, workshop)
    held = Workshop.objects.select_for_update().select_related("organiser").get(pk=workshop.pk)
    if held.status == Workshop.Status.CANCELLED:
        raise Refused(_("This workshop is cancelled: it has no attendance."), _("Ask the organiser."))
    taking = _Taking(held, batch, actor, source, now or timezone.now())
    answers = [Taken(name, kept=False, sentence=why) for name, why in batch.unread]
    for items, keep in (
        (batch.arrivals, taking.arrival),
        (batch.head_counts, taking.head_count),
        (batch.marks, taking.mark),
    ):
        answers += [_one(item, keep) for item in items]
    settle(sessions=taking.touched_sessions, registrations=taking.touched_people)
    if held.closed_at is not None and taking.touched_people:
        touched = [taking.people[pk] for pk in taking.touched_people]
        attendance_closed.send(sender=Workshop, workshop=held, registrations=touched, actor=actor)
    return answers


def _one(item: Any, keep: Callable[[Any], None]) -> Taken:
    try:
        with transaction.atomic():
            keep(item)
    except Refused as refusal:
        return Taken(str(item.id), kept=False, sentence=refusal.sentence)
    return Taken(str(item.id), kept=True)


class _Taking:
    """One batch on its way in. Few queries, however many items: what is there is read once."""

    def __init__(self, workshop: Workshop, batch: Batch, actor: User, source: str, now: dt.datetime) -> None:
        self.workshop, self.batch, self.actor, self.source, self.now = workshop, batch, actor, source, now
        self.sessions = {row.pk: row for row in workshop.sessions.all()}
        self.people = {row.pk: row for row in workshop.registrations.all()}
        self.marks = {row.pk: row for row in Mark.objects.filter(pk__in=[item.id for item in batch.marks])}
        self.counts = {row.pk: row for row in HeadCount.objects.filter(pk__in=[item.id for item in batch.head_counts])}
        self.same: dict[UUID, UUID] = {}  # a person whom the list already had: the id on the phone → ours
        self.touched_sessions: set[UUID] = set()
        self.touched_people: set[UUID] = set()

    def arrival(self, item: ArrivalIn) -> None:
        if item.id in self.people:
            return
        user = User.objects.filter(staff_number=item.staff_number.upper()).first() if item.staff_number else None
        replaced = self.people.get(item.replaces) if item.replaces else None
        if item.replaces and replaced is None:
            raise Refused(_("The person to be replaced is not on this list."))
        if replaced is not None and replaced.state != Registration.State.REPLACED:
            replaced.state = Registration.State.REPLACED
            replaced.decided_at, replaced.decided_by = self.now, self.actor
            replaced.save(update_fields=["state", "decided_at", "decided_by"])
        known = user and self.workshop.registrations.filter(user=user, state=Registration.State.ACCEPTED).first()
        if known:
            self.same[item.id] = known.pk
            return
        row = register(
            id=item.id,
            workshop=self.workshop,
            user=user,
            name=item.name,
            origin=Registration.Origin.REPLACEMENT if replaced else Registration.Origin.ARRIVAL,
            actor=self.actor,
            over_capacity=True,
            sex=item.sex,
            post=item.post,
            institution=Institution.objects.filter(code=item.institution).first() if item.institution else None,
            replaces=replaced if replaced is not None and not hasattr(replaced, "replaced_by") else None,
        )
        self.people[row.pk] = row

    def head_count(self, item: HeadCountIn) -> None:
        self._session(item.session)
        if item.id in self.counts:
            return
        HeadCount.objects.create(
            id=item.id, session_id=item.session, people=item.people, made=item.made, stored=self.now, by=self.actor
        )

    def mark(self, item: MarkIn) -> None:
        session = self._session(item.session)
        person = self.same.get(item.registration, item.registration)
        if person not in self.people:
            raise Refused(_("This person is not on the list of this workshop."))
        known = self.marks.get(item.id)
        if known is not None:
            if (known.session_id, known.registration_id, known.status) != (session.pk, person, item.status):
                raise Refused(_("Another entry was kept under the same number."))
            return
        self.marks[item.id] = Mark.objects.create(
            id=item.id,
            session=session,
            registration_id=person,
            status=item.status,
            arrived=item.arrived,
            left=item.left,
            source=self.source,
            reason=item.reason,
            made=item.made,
            stored=self.now,
            by=self.actor,
            device=self.batch.device,
        )
        self.touched_sessions.add(session.pk)
        self.touched_people.add(person)

    def _session(self, wanted: UUID) -> Session:
        session = self.sessions.get(wanted)
        if session is None:
            raise Refused(_("This session is not one of this workshop."))
        if session.cancelled:
            raise Refused(_("This session was cancelled: it has no attendance."))
        return session


# --- what it comes to -----------------------------------------------------------------------------------------------


def settle(*, sessions: Collection[UUID], registrations: Collection[UUID]) -> None:
    """Work out the presence of these people in these sessions from all marks there are. 5 queries, and 1 a change."""
    marks: dict[tuple[UUID, UUID], list[Mark]] = {}
    for mark in Mark.objects.filter(session__in=sessions, registration__in=registrations).order_by("stored", "made"):
        marks.setdefault((mark.session_id, mark.registration_id), []).append(mark)
    closed = dict(Session.objects.filter(pk__in=sessions).values_list("pk", "workshop__closed_at"))
    bulk = _in_bulk(sessions)
    elsewhere = _elsewhere(sessions, registrations)
    known = {
        (row.session_id, row.registration_id): row
        for row in Presence.objects.filter(session__in=sessions, registration__in=registrations)
    }
    for place, found in marks.items():
        deciding, conflict = decide(found)
        end = closed[place[0]]
        flags = [
            code
            for code, holds in (
                ("after-closing", end is not None and deciding.stored > end),
                ("elsewhere", place in elsewhere and deciding.status == Mark.Status.PRESENT),
                ("in-bulk", deciding.pk in bulk),
            )
            if holds
        ]
        row = known.get(place) or Presence(session_id=place[0], registration_id=place[1])
        row.status, row.conflict, row.flags, row.mark = deciding.status, conflict, flags, deciding
        row.save()


def decide(marks: Sequence[Mark]) -> tuple[Mark, bool]:
    """The mark that stands, of those of one person in one session in the order in which they came in, and whether two
    people contradict each other.

    The newest correction stands, and settles everything before it. Otherwise each author's newest mark counts, by the
    author's own clock; where authors differ, the one that came in last stands and the contradiction is shown.
    """
    last_correction = max(
        (place for place, mark in enumerate(marks) if mark.source == Mark.Source.CORRECTION), default=None
    )
    if last_correction is not None:
        marks = marks[last_correction:]
    newest: dict[int | None, Mark] = {}
    for mark in marks:
        before = newest.get(mark.by_id)
        if before is None or (before.source != Mark.Source.CORRECTION and mark.made >= before.made):
            newest[mark.by_id] = mark
    if last_correction is not None:
        return marks[0], any(
            mark.status != marks[0].status and mark.by_id != marks[0].by_id for mark in newest.values()
        )
    standing = max(newest.values(), key=lambda mark: (mark.stored, mark.made))
    return standing, any(mark.status != standing.status for mark in newest.values())


def _in_bulk(sessions: Collection[UUID]) -> set[UUID]:
    """Marks that were made faster than names can be called."""
    runs: dict[tuple[UUID, int | None], list[Mark]] = {}
    rows = Mark.objects.filter(session__in=sessions, source=Mark.Source.CALL, status=Mark.Status.PRESENT)
    for mark in rows.order_by("made"):
        runs.setdefault((mark.session_id, mark.by_id), []).append(mark)
    found: set[UUID] = set()
    for run in runs.values():
        for start in range(len(run) - BULK_ROWS + 1):
            together = run[start : start + BULK_ROWS]
            if (together[-1].made - together[0].made).total_seconds() <= BULK_SECONDS:
                found |= {mark.pk for mark in together}
    return found


def _elsewhere(sessions: Collection[UUID], registrations: Collection[UUID]) -> set[tuple[UUID, UUID]]:
    """(session, registration) of people who are recorded as present in another workshop at the same time."""
    here = {row.pk: row for row in Session.objects.filter(pk__in=sessions)}
    people = dict(Registration.objects.filter(pk__in=registrations, user__isnull=False).values_list("pk", "user_id"))
    others = (
        Presence.objects.filter(
            registration__user__in=list(people.values()),
            session__day__in={row.day for row in here.values()},
            status=Mark.Status.PRESENT,
        )
        .exclude(registration__in=registrations)
        .select_related("session", "registration")
    )
    found: set[tuple[UUID, UUID]] = set()
    for row in others:
        for registration, user in people.items():
            if user != row.registration.user_id:
                continue
            for session in here.values():
                at_once = (
                    session.day == row.session.day
                    and session.starts < row.session.ends
                    and session.ends > row.session.starts
                )
                if at_once:
                    found.add((session.pk, registration))
                    if "elsewhere" not in row.flags:
                        row.flags = [*row.flags, "elsewhere"]
                        row.save(update_fields=["flags"])
    return found


# --- putting right and closing --------------------------------------------------------------------------------------


@transaction.atomic
def correct(
    *,
    session: Session,
    registration: Registration,
    status: str,
    reason: str,
    actor: User,
    now: dt.datetime | None = None,
) -> Mark:
    """Put a presence right, also after closing; settles a contradiction. The reason is kept for ever.

    Raises Refused where the actor may not, or gives no reason.
    """
    allowed(actor, Capability.MANAGE_COHORTS, session)
    if registration.workshop_id != session.workshop_id:
        raise Refused(_("This person is not on the list of this workshop."))
    now = now or timezone.now()
    held = Workshop.objects.select_for_update().get(pk=session.workshop_id)
    before = Presence.objects.filter(session=session, registration=registration).first()
    mark = Mark.objects.create(
        session=session,
        registration=registration,
        status=status,
        source=Mark.Source.CORRECTION,
        reason=words(reason, label=_("Reason"), longest=300, required=True),
        made=now,
        stored=now,
        by=actor,
    )
    settle(sessions=[session.pk], registrations=[registration.pk])
    audit.record_change(
        actor=actor,
        code="workshops.corrected",
        obj=registration,
        before={"presence": before.status if before else None},
        after={"workshop": session.workshop.code, "participant": registration.number, "presence": status},
        about=registration.user,
        branch=session.workshop.organiser.path,
    )
    if held.closed_at is not None:
        attendance_closed.send(sender=Workshop, workshop=held, registrations=[registration], actor=actor)
    return mark


def hindrances(workshop: Workshop) -> list[str]:
    """Why attendance cannot be closed yet, in words. 3 queries."""
    sessions = [row for row in workshop.sessions.all() if not row.cancelled]
    counted = set(HeadCount.objects.filter(session__in=sessions).values_list("session_id", flat=True))
    found = []
    if not sessions:
        found.append(_("The workshop has no session."))
    if any(row.pk not in counted for row in sessions):
        found.append(_("The people in the room were not counted in every session."))
    if Presence.objects.filter(session__in=sessions, conflict=True).exists():
        found.append(_("Two people recorded different things: settle it first."))
    return found


@transaction.atomic
def close_attendance(*, workshop: Workshop, actor: User, now: dt.datetime | None = None) -> None:
    """Close attendance: who reaches the share that is asked for has attended. A second time changes nothing.

    Raises Refused with what is missing, or where the actor may not.
    """
    allowed(actor, Capability.MANAGE_COHORTS, workshop)
    # Before the lock: who enrols at this moment has made a record key already, and then waits for the workshop.
    for user in User.objects.filter(registrations__workshop=workshop).order_by("pk").distinct():
        key_for(user)
    held = Workshop.objects.select_for_update().get(pk=workshop.pk)
    if held.closed_at is not None:
        return
    if held.status == Workshop.Status.CANCELLED:
        raise Refused(_("This workshop is cancelled: it has no attendance."))
    if missing := hindrances(held):
        raise Refused(" ".join(missing))
    held.status, held.closed_at, held.closed_by = Workshop.Status.CLOSED, now or timezone.now(), actor
    held.save(update_fields=["status", "closed_at", "closed_by"])
    audit.record_change(
        actor=actor,
        code="workshops.closed",
        obj=held,
        after={"workshop": held.code},
        branch=held.organiser.path,
    )
    expected = list(held.registrations.filter(state__in=Registration.EXPECTED))
    attendance_closed.send(sender=Workshop, workshop=held, registrations=expected, actor=actor)


def shares(workshop: Workshop) -> dict[UUID, tuple[int, int]]:
    """For each registration: (sessions attended, sessions that count). 2 queries."""
    required = set(workshop.sessions.filter(required=True, cancelled=False).values_list("pk", flat=True))
    found: dict[UUID, tuple[int, int]] = {}
    rows = Presence.objects.filter(session__in=required, status=Mark.Status.PRESENT, conflict=False)
    for registration in rows.values_list("registration_id", flat=True):
        found[registration] = (found.get(registration, (0, 0))[0] + 1, len(required))
    return found


def attended(workshop: Workshop) -> set[UUID]:
    """The registrations that reach the share of sessions that the workshop asks for. 2 queries."""
    return {
        registration
        for registration, (present, asked) in shares(workshop).items()
        if reaches(present, asked, workshop.min_share)
    }


# --- without the facilitator's hand ---------------------------------------------------------------------------------

EARLY = dt.timedelta(hours=1)


@transaction.atomic
def check_in(*, session: Session, user: User, now: dt.datetime | None = None) -> Mark:
    """Record that a participant says, with the code at the door, that they are there; a second time changes nothing.

    Raises Refused where they are not on the list, or the session is not held now.
    """
    now = now or timezone.now()
    begins = timezone.make_aware(dt.datetime.combine(session.day, session.starts))
    ends = timezone.make_aware(dt.datetime.combine(session.day, session.ends))
    if session.cancelled or session.workshop.status == Workshop.Status.CANCELLED:
        raise Refused(_("This session was cancelled: it has no attendance."))
    if not begins - EARLY <= now <= ends or session.workshop.closed_at is not None:
        raise Refused(_("This session is not held now."), _("Speak to the facilitator."))
    row = session.workshop.registrations.filter(user=user, state__in=Registration.EXPECTED).first()
    if row is None:
        raise Refused(_("You are not on the list of this session."), _("Speak to the facilitator."))
    known = Mark.objects.filter(session=session, registration=row, by=user, source=Mark.Source.CODE).first()
    if known is not None:
        return known
    mark = Mark.objects.create(
        session=session,
        registration=row,
        status=Mark.Status.PRESENT,
        source=Mark.Source.CODE,
        made=now,
        stored=now,
        by=user,
    )
    settle(sessions=[session.pk], registrations=[row.pk])
    return mark
