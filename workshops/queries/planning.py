"""What the desk of workshops reads, each in a bounded number of SQL queries, however large the list.

Session and user (2), and the roles of the reader (1), come on top of the numbers given.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from operations.folding import fold
from people import access, audiences
from people.access import Person
from people.models import Institution, Membership, User
from people.names import hidden_from, pseudonym_of, shown_names
from people.policy import Capability
from workshops import agenda
from workshops.models import AgendaItem, Counted, Facilitator, Feast, Quota, Registration, Session, Workshop
from workshops.rules import STANDING, asks_for_contact, counts_for, groups_to_count, guide_of

A_PAGE = 30
WHENS = ("coming", "past", "all")
_State = Registration.State
OFF = (_State.REFUSED, _State.REPLACED, _State.WITHDRAWN)


def seen_by(person: Person) -> QuerySet[Workshop]:
    """The workshops of the person's branch, and those they lead. Lazy."""
    own = Facilitator.objects.filter(user_id=person.pk or 0).values("workshop")
    reach = access.institutions_for(person, Capability.SEE_COHORTS)
    return Workshop.objects.filter(Q(pk__in=own) | Q(organiser__in=reach))


@dataclass(frozen=True, slots=True)
class Desk:
    page: Page[Workshop]
    when: str
    proposals: int  # that wait for a decision of the reader's


def desk(viewer: Person, *, when: str = "", page: Any = 1) -> Desk:
    """A page of workshops with how many people are expected, waiting and proposed. 3 queries."""
    when = when if when in WHENS else WHENS[0]
    today = timezone.localdate()
    rows = seen_by(viewer).select_related("organiser", "course").annotate(**_counts())
    if when == "coming":
        rows = rows.filter(ends__gte=today).exclude(status=Workshop.Status.CANCELLED).order_by("starts", "code")
    elif when == "past":
        rows = rows.filter(ends__lt=today)
    to_decide = 0
    if access.can(viewer, Capability.DECIDE_DESIGNATION):
        within = access.institutions_for(viewer, Capability.DECIDE_DESIGNATION)
        proposed = Registration.objects.filter(workshop__organiser__in=within, state=_State.PROPOSED)
        to_decide = proposed.filter(workshop__status=Workshop.Status.ANNOUNCED).count()
    return Desk(Paginator(rows, A_PAGE).get_page(page), when, to_decide)


def _counts() -> dict[str, Count]:
    return {
        "expected": Count("registrations", filter=Q(registrations__state=_State.ACCEPTED)),
        "waiting": Count("registrations", filter=Q(registrations__state=_State.WAITING)),
        "proposed": Count("registrations", filter=Q(registrations__state=_State.PROPOSED)),
    }


# --- one workshop -----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class SessionBlock:
    session: Session
    items: list[Any]
    late: agenda.Late | None = None
    length: int = 0


@dataclass(slots=True)
class WorkshopScreen:
    workshop: Workshop
    blocks: list[SessionBlock]
    facilitators: list[tuple[Facilitator, str]]
    counts: dict[str, int]
    has_guide: bool
    missing: list[str] = field(default_factory=list)  # codes of what is still to be done before announcing
    feasts: list[Feast] = field(default_factory=list)
    overlaps: list[tuple[str, str]] = field(default_factory=list)  # (name of a facilitator, code of another workshop)
    seats: int = 0


def workshop_screen(workshop: Workshop, viewer: Person, *, late: int = 0) -> WorkshopScreen:
    """Facts, sessions with their agenda (as it would be, begun `late` minutes late), who leads. 9 queries at most."""
    sessions = list(workshop.sessions.all())
    items: dict[Any, list[AgendaItem]] = {session.pk: [] for session in sessions}
    for item in AgendaItem.objects.filter(session__in=sessions):
        items[item.session_id].append(item)
    leading = list(workshop.facilitators.select_related("user"))
    names = shown_names((row.user for row in leading), viewer)
    counted = dict(
        workshop.registrations.order_by()
        .values_list("state")
        .annotate(number=Count("pk"))
        .values_list("state", "number")
    )
    guide = guide_of(workshop)
    screen = WorkshopScreen(
        workshop=workshop,
        blocks=[_block(session, items[session.pk], late) for session in sessions],
        facilitators=[(row, names.get(row.user_id or 0, "–")) for row in leading],
        counts={str(state): counted.get(state, 0) for state in _State},
        has_guide=guide is not None and bool(agenda.read_guide(guide.body)[1]),
        feasts=list(Feast.objects.filter(starts__lte=workshop.ends, ends__gte=workshop.starts)),
        seats=workshop.capacity - counted.get(_State.ACCEPTED, 0),
    )
    if not any(not session.cancelled for session in sessions):
        screen.missing.append("sessions")
    if asks_for_contact(workshop) and not workshop.support_contact:
        screen.missing.append("contact")
    screen.overlaps = [
        (names.get(user, "–"), code) for user, code in overlaps(workshop, [row.user_id for row in leading])
    ]
    return screen


def _block(session: Session, items: list[AgendaItem], minutes: int) -> SessionBlock:
    late = None
    if minutes and items:
        late = agenda.begin_late([agenda.Line(i.pk, i.starts, i.minutes, i.cut) for i in items], minutes)
    lines = [
        {
            "item": item,
            "dropped": late is not None and item.pk in late.dropped,
            "starts": late.hours.get(item.pk, item.starts) if late is not None else item.starts,
        }
        for item in items
    ]
    return SessionBlock(session, lines, late, agenda.between(session.starts, session.ends))


def overlaps(workshop: Workshop, users: Iterable[int | None]) -> list[tuple[int, str]]:
    """(facilitator, code) of other workshops that they lead on the same days. 1 query."""
    rows = Facilitator.objects.filter(
        user__in=[user for user in users if user is not None],
        workshop__starts__lte=workshop.ends,
        workshop__ends__gte=workshop.starts,
    ).exclude(workshop=workshop.pk)
    return list(rows.exclude(workshop__status=Workshop.Status.CANCELLED).values_list("user_id", "workshop__code"))


# --- the list ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class PersonLine:
    row: Registration
    name: str
    institution: str
    post: str
    audience: str
    hidden: bool = False
    elsewhere: str = ""  # the code of another workshop on the same days
    own: bool = False  # the reader proposed it, or is it


@dataclass(slots=True)
class QuotaLine:
    quota: Quota
    words: list[str]
    standing: int
    accepted: int


@dataclass(slots=True)
class PeopleScreen:
    workshop: Workshop
    groups: list[tuple[str, list[PersonLine]]]  # (state, lines), in the order in which one looks at them
    quotas: list[QuotaLine]
    counted: list[Counted]
    audiences: dict[str, str]
    seats: int = 0
    total: int = 0


GROUPS = (_State.PROPOSED, _State.ACCEPTED, _State.INVITED, _State.WAITING)


def people_screen(workshop: Workshop, viewer: Person) -> PeopleScreen:
    """The list of a workshop, protected people as the viewer may read them. 8 queries at most."""
    rows = list(workshop.registrations.select_related("user", "institution", "replaces", "letter"))
    words = dict(groups_to_count())
    lines = person_lines(workshop, rows, viewer, words)
    accepted = sum(row.state in Registration.EXPECTED for row in rows)
    groups = [(str(state), [line for line in lines if line.row.state == state]) for state in GROUPS]
    groups.append(("off", [line for line in lines if line.row.state in OFF]))
    return PeopleScreen(
        workshop=workshop,
        groups=[(state, found) for state, found in groups if found],
        quotas=_quota_lines(workshop, rows, words),
        counted=list(workshop.counted.select_related("session")),
        audiences=words,
        seats=workshop.capacity - accepted,
        total=len(rows),
    )


def person_lines(
    workshop: Workshop, rows: list[Registration], viewer: Person, words: dict[str, str] | None = None
) -> list[PersonLine]:
    """The rows as the viewer may read them. 4 queries at most."""
    words = dict(audiences.choices()) if words is None else words
    users = {row.user_id for row in rows if row.user_id is not None}
    hidden = hidden_from(viewer, users)
    leads = any(row.protected and row.user_id is None for row in rows) and _leads(workshop, viewer)
    elsewhere = _elsewhere(workshop, users)
    found = []
    for row in rows:
        nameless = row.protected and row.user_id is None and not leads
        concealed = nameless or row.user_id in hidden
        found.append(
            PersonLine(
                row=row,
                name=hidden.get(row.user_id or 0, "") or ("" if nameless else row.name),
                institution="" if concealed or row.institution is None else str(row.institution),
                post="" if concealed else row.post,
                audience=words.get(row.audience, row.audience),
                hidden=concealed,
                elsewhere=elsewhere.get(row.user_id or 0, ""),
                own=viewer.is_authenticated and viewer.pk in (row.created_by_id, row.user_id),
            )
        )
    return found


def _leads(workshop: Workshop, viewer: Person) -> bool:
    return viewer.is_authenticated and workshop.facilitators.filter(user_id=viewer.pk).exists()


def _elsewhere(workshop: Workshop, users: set[int]) -> dict[int, str]:
    """Who is expected in another workshop on the same days, and in which. 1 query."""
    rows = Registration.objects.filter(
        user__in=users,
        state__in=(_State.ACCEPTED, _State.INVITED),
        workshop__starts__lte=workshop.ends,
        workshop__ends__gte=workshop.starts,
    ).exclude(workshop=workshop.pk)
    return dict(rows.exclude(workshop__status=Workshop.Status.CANCELLED).values_list("user_id", "workshop__code"))


def _quota_lines(workshop: Workshop, rows: list[Registration], words: dict[str, str]) -> list[QuotaLine]:
    found = []
    for quota in workshop.quotas.select_related("institution"):
        inside = [row for row in rows if row.state in STANDING and counts_for(quota, row)]
        said = [
            str(part)
            for part in (
                quota.institution,
                words.get(quota.audience, quota.audience),
                quota.get_sex_display(),
                quota.language,
            )
            if part
        ]
        found.append(QuotaLine(quota, said, len(inside), sum(row.state == _State.ACCEPTED for row in inside)))
    return found


def quota_lines(workshop: Workshop) -> list[QuotaLine]:
    """The quotas of a call, and how far each is filled. 3 queries."""
    rows = list(workshop.registrations.select_related("institution"))
    return _quota_lines(workshop, rows, dict(audiences.choices()))


# --- calls ------------------------------------------------------------------------------------------------------------


def calls_for(person: Person) -> QuerySet[Workshop]:
    """The workshops to which the person may send people: announced, not over, by designation, and either organised within
    the own branch or above it, or with a quota that concerns it. Lazy, but for the person's branches."""
    branches = access.branches(person, Capability.PROPOSE_PARTICIPANTS)
    concerned = Q(pk__in=[])
    for branch in branches:
        concerned |= Q(organiser__path__startswith=branch.path) | Q(quotas__institution__path__startswith=branch.path)
        above = [int(part) for part in branch.path.rstrip("/").split("/")]
        concerned |= Q(organiser__in=above) | Q(quotas__institution__in=above)
    rows = Workshop.objects.filter(
        concerned,
        status=Workshop.Status.ANNOUNCED,
        entry=Workshop.Entry.DESIGNATION,
        ends__gte=timezone.localdate(),
    )
    return rows.distinct().order_by("starts")


def candidates(person: Person, query: str, *, most: int = 20) -> list[tuple[User, str, str]]:
    """(person, name, institution) of people of the own branch, found by name or number; protected ones by their pseudonym
    only. 4 queries, none without a word."""
    asked = fold(" ".join(query.replace("\x00", "").split()))[:100].split()[:6]
    if not asked:
        return []
    rows = access.people_for(person, Capability.PROPOSE_PARTICIPANTS).filter(is_active=True)
    rows = rows.annotate(pseudonym=pseudonym_of())
    for word in asked:
        rows = rows.filter(Q(pseudonym=None, folded__contains=word) | Q(pseudonym__icontains=word))
    people = list(rows.order_by("folded")[:most])
    names = shown_names(people, person)
    places: dict[int, str] = {}
    for membership in Membership.objects.on().filter(user__in=people).select_related("institution"):
        places.setdefault(membership.user_id or 0, f"{membership.institution}, {membership.post}".rstrip(", "))
    hidden = hidden_from(person, {one.pk for one in people})
    return [(one, names[one.pk], "" if one.pk in hidden else places.get(one.pk, "")) for one in people]


def own_proposals(workshop: Workshop, person: Person) -> list[PersonLine]:
    """Those of the own branch who are on the list. 5 queries at most."""
    places = access.institutions_for(person, Capability.PROPOSE_PARTICIPANTS)
    rows = workshop.registrations.filter(Q(institution__in=places) | Q(created_by_id=person.pk))
    return person_lines(workshop, list(rows.select_related("user", "institution", "replaces", "letter")), person)


def teachers() -> list[User]:
    """Who may lead: holders of a role that teaches, today. 1 query."""
    from_roles = Q(role_grants__role__in=("instructor", "master"))
    today = timezone.localdate()
    open_now = Q(role_grants__since__lte=today) & (Q(role_grants__until=None) | Q(role_grants__until__gt=today))
    return list(User.objects.filter(from_roles & open_now, is_active=True).distinct().order_by("folded")[:500])


# --- a participant's own ----------------------------------------------------------------------------------------------


def mine(person: User) -> tuple[list[Registration], list[Workshop]]:
    """The person's registrations, those to come first, and the workshops that are open to everybody. 2 queries."""
    rows = Registration.objects.filter(user_id=person.pk).exclude(state=_State.REPLACED)
    rows = rows.exclude(workshop__status=Workshop.Status.DRAFT).select_related("workshop")
    found = sorted(rows, key=lambda row: row.workshop.starts, reverse=True)
    today = timezone.localdate()
    open_now = Workshop.objects.filter(
        entry=Workshop.Entry.OPEN, status=Workshop.Status.ANNOUNCED, starts__gte=today
    ).order_by("starts")[:20]
    taken = {row.workshop_id for row in found if row.state in STANDING}
    coming = [row for row in found if row.workshop.ends >= today]
    return [*reversed(coming), *(row for row in found if row.workshop.ends < today)], [
        workshop for workshop in open_now if workshop.pk not in taken
    ]


def coming_of(person: User) -> list[Registration]:
    """What "my learning" says: workshops of the person that are not over. 1 query."""
    rows = Registration.objects.filter(
        user_id=person.pk,
        state__in=(_State.INVITED, _State.ACCEPTED),
        workshop__status=Workshop.Status.ANNOUNCED,
        workshop__ends__gte=timezone.localdate(),
    )
    return list(rows.select_related("workshop").order_by("workshop__starts")[:5])


def feasts_from(day: dt.date) -> QuerySet[Feast]:
    """The calendar from a day on. Lazy."""
    return Feast.objects.filter(ends__gte=day).order_by("starts")


def places_to_choose() -> list[Institution]:
    """Every open institution, in the order of the tree. 1 query."""
    return list(Institution.objects.filter(closed=None).order_by("path"))
