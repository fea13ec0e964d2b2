"""Reads for the screens of attendance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from people import access
from people.access import Person
from people.names import hidden_from
from people.policy import Capability
from workshops.models import HeadCount, Mark, Presence, Registration, Session, Sheet, Workshop


@dataclass(frozen=True, slots=True)
class Participant:
    """A line of the list, as the viewer may read it."""

    registration: Registration
    name: str
    place: str  # institution; empty where the name is hidden
    cells: list[Presence | None]  # in the order of the sessions
    attended: int


@dataclass(frozen=True, slots=True)
class Grid:
    sessions: list[Session]
    counts: dict[UUID, HeadCount]
    people: list[Participant]

    @property
    def conflicts(self) -> list[Presence]:
        return [cell for line in self.people for cell in line.cells if cell is not None and cell.conflict]

    def present(self, session: Session) -> int:
        """How many the list says were there."""
        place = self.sessions.index(session)
        return sum(
            cell is not None and cell.status == Mark.Status.PRESENT
            for cell in (line.cells[place] for line in self.people)
        )


def grid_of(workshop: Workshop, viewer: Person) -> Grid:
    """Everybody who is expected, with what is known of each session. 7 queries at most, however many there are."""
    sessions = [row for row in workshop.sessions.all() if not row.cancelled]
    people = list(
        workshop.registrations.filter(state__in=Registration.EXPECTED).select_related("institution").order_by("number")
    )
    known = {
        (row.session_id, row.registration_id): row
        for row in Presence.objects.filter(session__in=sessions).select_related("mark")
    }
    hidden = hidden_from(viewer, [row.user_id for row in people if row.user_id])
    lines = []
    for row in people:
        cells = [known.get((session.pk, row.pk)) for session in sessions]
        alias = hidden.get(row.user_id) if row.user_id else None
        lines.append(
            Participant(
                row,
                alias or row.name,
                "" if alias or row.institution is None else str(row.institution),
                cells,
                sum(cell is not None and cell.status == Mark.Status.PRESENT for cell in cells),
            )
        )
    counts = {row.session_id: row for row in HeadCount.objects.filter(session__in=sessions)}
    return Grid(sessions, counts, lines)


def sheets_of(workshop: Workshop, viewer: Person) -> QuerySet[Sheet]:
    """The signed pages that are filed, in the order of the sessions; those of protected people only for who may read their
    names. At most 4 queries for the right, and 1 for the pages."""
    rows = Sheet.objects.filter(session__workshop=workshop).select_related("session__workshop__organiser")
    if not access.can(viewer, Capability.NAME_OF_PROTECTED, workshop):
        rows = rows.filter(protected=False)
    return rows.order_by("session__day", "session__starts", "added", "pk")


def for_phone(workshop: Workshop, viewer: Person) -> dict[str, Any]:
    """What a phone needs to call the lists of a workshop without network. Names as the viewer may read them; no telephone
    number, no post, nothing of other workshops."""
    grid = grid_of(workshop, viewer)
    return {
        "workshop": str(workshop.pk),
        "code": workshop.code,
        "place": workshop.place,
        "sessions": [
            {
                "id": str(row.pk),
                "day": row.day.isoformat(),
                "starts": row.starts.isoformat("minutes"),
                "ends": row.ends.isoformat("minutes"),
                "people": grid.counts[row.pk].people if row.pk in grid.counts else None,
            }
            for row in grid.sessions
        ],
        "people": [
            {
                "id": str(line.registration.pk),
                "number": line.registration.number,
                "name": line.name,
                "place": line.place,
                "marks": {
                    str(session.pk): cell.status
                    for session, cell in zip(grid.sessions, line.cells, strict=True)
                    if cell is not None
                },
            }
            for line in grid.people
        ],
    }
