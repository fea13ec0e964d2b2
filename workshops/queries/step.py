"""What a participant reads of the workshops of one course: which come, which run, how to get in, and their attendance."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from django.utils import timezone

from people.models import User
from workshops.models import Mark, Presence, Registration, Session, Workshop
from workshops.rules import STANDING, reaches

MOST = 10  # workshops that one may still come to


@dataclass(frozen=True, slots=True)
class OwnWorkshop:
    """A workshop that the person is, or was, on the list of. `asked` sessions count, of which `present` were attended."""

    registration: Registration
    workshop: Workshop
    present: int
    asked: int

    @property
    def expected(self) -> bool:
        return self.registration.state in Registration.EXPECTED

    @property
    def reached(self) -> bool:
        """Whether attendance is closed and was enough."""
        enough = reaches(self.present, self.asked, self.workshop.min_share)
        return self.expected and self.workshop.closed_at is not None and enough


@dataclass(frozen=True, slots=True)
class StepScreen:
    attended: list[OwnWorkshop] = field(default_factory=list)
    own: list[OwnWorkshop] = field(default_factory=list)  # coming and running first, then those that were not enough
    others: list[Workshop] = field(default_factory=list)  # that one may register for, or be proposed for

    @property
    def contacts(self) -> list[str]:
        """Who can be called during the workshops that the person comes to."""
        running = [one for one in self.own if one.expected and one.workshop.status == Workshop.Status.ANNOUNCED]
        return list(dict.fromkeys(one.workshop.support_contact for one in running if one.workshop.support_contact))


def step_screen(person: User, course: int) -> StepScreen:
    """The workshops of a course as one of its learners sees them. 4 queries, 2 for who is on no list."""
    today = timezone.localdate()
    rows = (
        Registration.objects.filter(user_id=person.pk, workshop__course=course)
        .exclude(state=Registration.State.REPLACED)
        .exclude(workshop__status=Workshop.Status.DRAFT)
        .select_related("workshop")
        .order_by("workshop__starts", "created")
    )
    newest = {row.workshop_id: row for row in rows}
    for row in rows:  # somebody who gave a seat back and got another holds the one that stands
        if row.state in STANDING:
            newest[row.workshop_id] = row
    own = _own(list(newest.values()))
    attended = [one for one in own if one.reached]
    rest = [one for one in own if not one.reached]
    coming = [one for one in rest if one.workshop.ends >= today]
    others = (
        Workshop.objects.filter(
            course=course,
            status=Workshop.Status.ANNOUNCED,
            entry__in=(Workshop.Entry.OPEN, Workshop.Entry.DESIGNATION),
            ends__gte=today,
        )
        .exclude(pk__in=list(newest))
        .order_by("starts", "code")[:MOST]
    )
    return StepScreen(attended, [*coming, *(one for one in reversed(rest) if one not in coming)], list(others))


def _own(rows: list[Registration]) -> list[OwnWorkshop]:
    if not rows:
        return []
    asked: dict[UUID, set[UUID]] = {}
    sessions = Session.objects.filter(workshop__in=[row.workshop_id for row in rows], required=True, cancelled=False)
    for pk, workshop in sessions.values_list("pk", "workshop"):
        asked.setdefault(workshop, set()).add(pk)
    there = Presence.objects.filter(registration__in=rows, status=Mark.Status.PRESENT, conflict=False)
    present: dict[UUID, set[UUID]] = {}
    for registration, session in there.values_list("registration", "session"):
        present.setdefault(registration, set()).add(session)
    found = []
    for row in rows:
        counting = asked.get(row.workshop_id, set())
        found.append(OwnWorkshop(row, row.workshop, len(present.get(row.pk, set()) & counting), len(counting)))
    return found
