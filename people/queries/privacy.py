"""Reads about data protection: the retention table, requests to be erased, likely duplicates, merges."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

from django.db.models import Exists, F, OuterRef, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from operations.folding import fold
from people import access
from people.access import Person
from people.models import (
    ErasureRequest,
    Institution,
    Membership,
    Merge,
    Protection,
    Retention,
    RoleGrant,
    User,
)
from people.names import shown_names
from people.panels import Attention
from people.policy import Capability
from people.privacy import collectors
from people.retention import RULES, Rule, undo_until

MOST_PAIRS = 100
OLD_ERASURES = 50  # requests that have ended, shown below those that wait


# --- retention ------------------------------------------------------------------------------------------------------


def retention_table() -> list[tuple[Rule, Retention | None]]:
    """Each rule, with when it was last enforced and how much it removed then. 1 query."""
    last = {row.kind: row for row in Retention.objects.all()}
    return [(rule, last.get(rule.kind)) for rule in RULES]


# --- counts in words ------------------------------------------------------------------------------------------------


def in_words(counts: Mapping[str, Mapping[str, int]]) -> list[tuple[str, int]]:
    """(what, how many) of counts by room, in the active language; rooms that are gone are left out. No query."""
    return [
        (str(room.words.get(what, what)), count)
        for room in collectors()
        for what, count in counts.get(room.name, {}).items()
    ]


# --- erasure --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Erasure:
    """A line of the list. `name`: as the viewer may read it; empty once the person is erased."""

    request: ErasureRequest
    name: str
    decided_by: str
    remains: list[tuple[str, int]]


def erasures(viewer: Person) -> list[Erasure]:
    """Requests that wait, the oldest first, then the newest that have ended. At most 5 queries."""
    rows = ErasureRequest.objects.select_related("user", "decided_by")
    waiting = rows.filter(status=ErasureRequest.Status.ASKED).order_by("asked")
    ended = rows.exclude(status=ErasureRequest.Status.ASKED).order_by("-ended")
    found = [*waiting, *ended[:OLD_ERASURES]]
    names = shown_names([person for row in found for person in (row.user, row.decided_by)], viewer)
    return [
        Erasure(
            row,
            names[row.user_id] if row.user_id else "",
            names[row.decided_by_id] if row.decided_by_id else "",
            in_words(row.remains),
        )
        for row in found
    ]


def open_erasure(person: User) -> ErasureRequest | None:
    """The request that waits for an answer. 1 query."""
    return ErasureRequest.objects.filter(user=person, status=ErasureRequest.Status.ASKED).first()


def erasures_waiting(viewer: Person, institutions: Sequence[Institution] | None) -> Attention | None:
    """For the desk's first screen: how many requests wait, for those who carry them out. 1 query for them."""
    if institutions is not None or not access.can(viewer, Capability.ERASE_PEOPLE):
        return None
    count = ErasureRequest.objects.filter(status=ErasureRequest.Status.ASKED).count()
    return Attention(_("People who ask to be erased"), count, reverse("erasures"))


# --- duplicates -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Account:
    """One of two accounts that may be one person's."""

    person: User
    institutions: list[str]


@dataclass(frozen=True, slots=True)
class Pair:
    first: Account  # the one used last, or made first
    second: Account
    why: str


def likely_duplicates(viewer: Person) -> list[Pair]:
    """Pairs within the viewer's reach with the same staff number (signs between letters and digits apart), or with the
    same name, accents apart, at the same institution. Protected people are not among them: a pair would tell whose the
    pseudonym is. 3 queries beside the viewer's roles."""
    hidden = Protection.objects.on().filter(user=OuterRef("pk"))
    merged = Merge.objects.filter(merged=OuterRef("pk"), undone=None)
    people = {
        person.pk: person
        for person in access.people_for(viewer, Capability.MERGE_PEOPLE)
        .filter(~Exists(hidden), ~Exists(merged))
        .exclude(pk=viewer.pk or 0)
        .order_by(F("last_login").desc(nulls_last=True), "pk")
    }
    places = _places(people)
    found: dict[tuple[int, int], str] = {}
    for pair in _alike(
        people.values(), lambda person: re.sub(r"[^0-9A-Z]|(?<![0-9])0+", "", person.staff_number or "")
    ):
        found.setdefault(pair, _("same staff number"))
    for pair in _alike(people.values(), lambda person: fold(f"{person.last_name} {person.first_name}").strip()):
        first, second = (set(places[pk]) for pk in pair)
        if first & second or not first or not second:
            found.setdefault(pair, _("same name and institution"))
    names = {
        place.pk: str(place)
        for place in Institution.objects.filter(pk__in={place for rows in places.values() for place in rows})
    }

    def account(pk: int) -> Account:
        return Account(people[pk], [names[place] for place in places[pk]])

    return [Pair(account(a), account(b), why) for (a, b), why in list(found.items())[:MOST_PAIRS]]


def _alike(people: Iterable[User], key: Callable[[User], str]) -> Iterable[tuple[int, int]]:
    groups: dict[str, list[int]] = defaultdict(list)
    for person in people:
        if name := key(person):
            groups[name].append(person.pk)
    for group in groups.values():
        yield from combinations(group[:5], 2)


def _places(people: Iterable[int]) -> dict[int, list[int]]:
    places: dict[int, list[int]] = {pk: [] for pk in people}
    for person, place in (
        Membership.objects.filter(user__isnull=False).values_list("user_id", "institution_id").distinct()
    ):
        if person is not None and person in places:
            places[person].append(place)
    return places


# --- merging --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two accounts side by side. `rows`: what, the kept account's, the other's."""

    kept: User
    merged: User
    names: tuple[str, str]
    rows: list[tuple[str, str, str]]


def comparison(kept: User, merged: User, viewer: Person) -> Comparison:
    """A pseudonym stands for what would betray a protected person; how much was learnt is told to those who may see
    results. At most 16 queries, and the rooms' own counts."""
    names = shown_names([kept, merged], viewer)
    sides = [_facts(person, viewer, hidden=names[person.pk] != person.display_name) for person in (kept, merged)]
    labels = list(dict.fromkeys([*sides[0], *sides[1]]))
    return Comparison(
        kept,
        merged,
        (names[kept.pk], names[merged.pk]),
        [(label, *(side.get(label, "") or "–" for side in sides)) for label in labels],  # type: ignore[misc]
    )


def _facts(person: User, viewer: Person, *, hidden: bool) -> dict[str, str]:
    facts: dict[str, str] = {}
    if not hidden:
        places = Membership.objects.on().filter(user=person).select_related("institution")
        facts |= {
            _("Username"): person.username,
            _("Staff number"): person.staff_number or "",
            _("E-mail"): person.email,
            _("Institution"): ", ".join(str(row.institution) for row in places),
        }
    roles = RoleGrant.objects.on().filter(user=person)
    facts |= {
        _("Roles"): ", ".join(str(row.get_role_display()) for row in roles),
        _("Since"): date_format(timezone.localtime(person.date_joined)),
        _("Last sign-in"): date_format(timezone.localtime(person.last_login)) if person.last_login else "",
    }
    if access.can(viewer, Capability.SEE_FINAL_RESULTS, person):
        learning = [room for room in collectors() if room.remains is not None and room.name not in _OF_THE_ACCOUNT]
        counts = {room.name: room.remains(person) for room in learning if room.remains is not None}
        facts |= {what: str(count) for what, count in in_words(counts) if count}
    return facts


_OF_THE_ACCOUNT = ("people", "operations")  # rooms whose counts say nothing of what was learnt


@dataclass(frozen=True, slots=True)
class Merged:
    """A merge that can still be undone."""

    merge: Merge
    kept: str
    merged: str
    until: datetime


def open_merges(viewer: Person) -> list[Merged]:
    """Merges within the viewer's reach that can be undone, the newest first. At most 5 queries."""
    reach: QuerySet[User] = access.people_for(viewer, Capability.MERGE_PEOPLE)
    rows = Merge.objects.filter(undone=None, kept__in=reach).select_related("kept", "merged").order_by("-at")
    found = [row for row in rows if undo_until(row) > timezone.now()]
    names = shown_names([person for row in found for person in (row.kept, row.merged)], viewer)
    return [Merged(row, names[row.kept_id], names[row.merged_id], undo_until(row)) for row in found]
