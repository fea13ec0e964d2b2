"""Certificates of a workshop: who has one, and why somebody has none. Bounded SQL, however many people there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from certificates.models import Credential
from certificates.paper import one_line
from people.access import Person
from people.names import hidden_from
from workshops.models import Mark, Presence, Registration, Session, Workshop
from workshops.paper import names_on_paper
from workshops.rules import reaches


@dataclass(slots=True)
class Attended:
    """What one participant attended of the sessions that count."""

    by_day: dict[str, list[int]] = field(default_factory=dict)  # day (ISO): [attended, held]
    statements: dict[str, UUID] = field(default_factory=dict)  # day: the last statement of it
    unsettled: int = 0  # sessions of which two people recorded different things

    @property
    def present(self) -> int:
        return sum(attended for attended, _held in self.by_day.values())


@dataclass(frozen=True, slots=True)
class Tally:
    """Attendance of a workshop as its rule counts it."""

    workshop: Workshop
    sessions: list[Session]  # that count
    people: Mapping[UUID, Attended]

    def of(self, registration: Registration) -> Attended:
        return self.people.get(registration.pk) or Attended()

    def reached(self, registration: Registration) -> bool:
        """Whether the share that the workshop asks for is reached, as `workshops.services.attendance.attended`."""
        return reaches(self.of(registration).present, len(self.sessions), self.workshop.min_share)


def tally_of(workshop: Workshop) -> Tally:
    """Who attended what, day by day. 2 queries."""
    sessions = list(workshop.sessions.filter(required=True, cancelled=False))
    days = {session.pk: session.day.isoformat() for session in sessions}
    held: dict[str, int] = {}
    for day in days.values():
        held[day] = held.get(day, 0) + 1
    people: dict[UUID, Attended] = {}
    rows = Presence.objects.filter(session__in=sessions).order_by("session__day", "session__starts")
    for row in rows.only("session_id", "registration_id", "status", "conflict", "statement"):
        found = people.setdefault(row.registration_id, Attended())
        day = days[row.session_id]
        if row.conflict:
            found.unsettled += 1
        elif row.status == Mark.Status.PRESENT:
            found.by_day.setdefault(day, [0, held[day]])[0] += 1
            if row.statement:
                found.statements[day] = row.statement
    return Tally(workshop, sessions, people)


def name_of(registration: Registration) -> str:
    """The name that a certificate of this participant would carry; empty where none is written."""
    return one_line(registration.user.display_name if registration.user else registration.name)


def why_none(registration: Registration, tally: Tally) -> str:
    """Why a participant has no certificate, in words; empty where one is due. No query for a registration with its
    person."""
    workshop = tally.workshop
    if workshop.status == Workshop.Status.CANCELLED:
        return _("The workshop was cancelled.")
    if registration.state not in Registration.EXPECTED:
        return _("Not on the list that is called: %(state)s.") % {"state": registration.get_state_display()}
    if not name_of(registration):
        return _("No name is written on the list.")
    if not tally.sessions:
        return _("The workshop has no session that counts for attendance.")
    attended = tally.of(registration)
    if not tally.reached(registration):
        numbers = {"present": attended.present, "asked": len(tally.sessions), "share": workshop.min_share}
        missing = _("%(present)d of %(asked)d sessions; %(share)d %% are needed.") % numbers
        if attended.unsettled:
            missing = _("Two people recorded different things: settle it first.") + " " + missing
        return missing
    if workshop.closed_at is None:
        return _("Attendance is not closed.")
    return ""


@dataclass(slots=True)
class Line:
    """A participant on the desk, as the viewer may read it."""

    registration: Registration
    name: str
    hidden: bool  # the viewer may not read the name
    place: str
    credential: Credential | None  # the one that holds or waits, else the newest
    why: str  # why there is none
    due: bool  # earned, and not issued yet
    lost: bool  # issued, but attendance was put right since and no longer reaches the share


@dataclass(frozen=True, slots=True)
class Desk:
    lines: list[Line]
    tally: Tally

    def count(self, standing: str) -> int:
        return sum(line.credential is not None and line.credential.standing == standing for line in self.lines)

    @property
    def due(self) -> list[Line]:
        return [line for line in self.lines if line.due]

    @property
    def reservable(self) -> list[Line]:
        """Those for whom a paper can be prepared before attendance is closed."""
        return [line for line in self.lines if may_reserve(line.registration, line.credential)]

    @property
    def printable(self) -> list[Line]:
        """Those whose paper can be printed for this viewer."""
        return [
            line
            for line in self.lines
            if not line.hidden and line.credential is not None and line.credential.status != Credential.Status.REVOKED
        ]


def may_reserve(registration: Registration, credential: Credential | None) -> bool:
    """Whether a number can be kept for this participant, who has that credential or none."""
    free = credential is None or (credential.never_issued and credential.status == Credential.Status.REVOKED)
    return registration.state in Registration.EXPECTED and bool(name_of(registration)) and free


def desk_of(workshop: Workshop, viewer: Person) -> Desk:
    """Everybody of the workshop's list with what became of their certificate. 7 queries at most."""
    rows = list(workshop.registrations.select_related("institution", "user").order_by("number"))
    tally = tally_of(workshop)
    held = credentials_of(workshop)
    hidden = hidden_from(viewer, [row.user_id for row in rows if row.user_id])
    lines = []
    for row in rows:
        credential = held.get(row.pk)
        alias = hidden.get(row.user_id or 0)
        waits = credential is None or credential.never_issued
        why = why_none(row, tally) if waits else ""
        lines.append(
            Line(
                registration=row,
                name=alias or name_of(row) or _("Participant %(number)s") % {"number": row.number},
                hidden=alias is not None,
                place="" if alias or row.institution is None else str(row.institution),
                credential=credential,
                why=why,
                due=waits and not why,
                lost=_is_lost(row, credential, tally),
            )
        )
    return Desk(lines, tally)


def is_due(row: Registration, credential: Credential | None, tally: Tally) -> bool:
    """Whether the participant, who has that credential or none, has earned one that is not issued."""
    return (credential is None or credential.never_issued) and not why_none(row, tally)


def is_unsettled(row: Registration, credential: Credential | None, tally: Tally) -> bool:
    """Whether a person must look: a contradiction that may decide, or a certificate that attendance no longer gives."""
    if _is_lost(row, credential, tally):
        return True
    return bool(tally.of(row).unsettled) and not tally.reached(row)


def _is_lost(row: Registration, credential: Credential | None, tally: Tally) -> bool:
    """Whether a certificate that the rule issued is no longer what attendance gives."""
    if credential is None or credential.rule.get("name") != "workshop-attendance":
        return False
    return credential.status == Credential.Status.ISSUED and not tally.reached(row)


def credentials_of(workshop: Workshop) -> dict[UUID, Credential]:
    """For each registration its certificate: the one that is not revoked, else the newest. 1 query."""
    found: dict[UUID, Credential] = {}
    rows = Credential.objects.filter(workshop=workshop, registration__isnull=False).order_by("created")
    for credential in rows.select_related("handover__by", "holder"):
        before = found.get(credential.registration_id) if credential.registration_id else None
        if before is None or before.status == Credential.Status.REVOKED:
            found[credential.registration_id] = credential  # type: ignore[index]
    return found


def history_of(registration: Registration) -> list[Credential]:
    """Every number that this participant ever had in the workshop, the newest first. 1 query."""
    rows = Credential.objects.filter(registration=registration)
    return list(rows.select_related("revoked_by", "handover__by", "replaces").order_by("-created"))


@dataclass(frozen=True, slots=True)
class RegisterLine:
    """A line of the hand-over register on paper, where protected people stand under their pseudonym."""

    number: int
    name: str
    place: str
    credential: Credential


def register_of(workshop: Workshop) -> list[RegisterLine]:
    """The hand-over register: everybody with a paper, in the order of the list. 4 queries."""
    held = {key: row for key, row in credentials_of(workshop).items() if row.status != Credential.Status.REVOKED}
    rows = list(workshop.registrations.filter(pk__in=held).select_related("institution", "user").order_by("number"))
    names = names_on_paper(rows)
    return [
        RegisterLine(
            row.number,
            names[row.pk],
            "" if row.institution is None or names[row.pk] != row.name else str(row.institution),
            held[row.pk],
        )
        for row in rows
    ]


def numbers_left_out(lines: Sequence[Line]) -> list[Any]:
    """The participants' numbers of papers that this viewer may not print, because they may not read the name."""
    return [line.registration.number for line in lines if line.hidden and line.credential is not None]
