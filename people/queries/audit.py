"""The audit trail as a screen shows it: administrators read all of it, managers the changes of their own branch."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.utils import timezone
from django.utils.translation import gettext as _

from operations import audit
from operations.folding import fold
from operations.models import AuditEntry
from people import access
from people.models import Institution, Protection, User
from people.names import hidden_from
from people.policy import Capability

A_CHUNK = 500
# Values of rows about a person that would tell whose pseudonym it is.
_TELLS_WHO = frozenset({"institution", "place", "post"})


@dataclass(frozen=True, slots=True)
class Line:
    """A row in words; `differences` (name, before, after) only where they are shown."""

    entry: AuditEntry
    who: str
    about: str
    sentence: str
    place: str = ""
    differences: Sequence[tuple[str, str, str]] = ()


def entries_for(viewer: User) -> QuerySet[AuditEntry]:
    """The rows that a person may read, newest first: by where they happened, seen from the tree of today. Lazy: no
    query beside the person's roles."""
    found: QuerySet[AuditEntry] = AuditEntry.objects.order_by("-when", "-pk").select_related("actor", "about")
    if access.can(viewer, Capability.AUDIT_ALL):
        return found.annotate(within_reach=Value(True))
    reached = access.people_for(viewer, Capability.AUDIT_OWN_BRANCH).filter(pk=OuterRef("about_id"))
    found = found.annotate(within_reach=Exists(reached))
    places = access.institutions_for(viewer, Capability.AUDIT_OWN_BRANCH)
    return found.filter(look=False, branch__in=places.values("pk"))


def filtered(found: QuerySet[AuditEntry], viewer: User, wanted: Mapping[str, Any]) -> QuerySet[AuditEntry]:
    """Rows that match what the form asks: who, about (parts of names), family, first, last (days), kind. Lazy."""
    if who := wanted.get("who"):
        found = found.filter(actor__in=_called(who))
    if about := wanted.get("about"):
        people = _called(about)
        if not access.can(viewer, Capability.AUDIT_ALL):
            people = people.filter(pk__in=access.people_for(viewer, Capability.AUDIT_OWN_BRANCH).values("pk"))
        found = found.filter(about__in=people)
    if family := wanted.get("family"):
        found = found.filter(code__startswith=f"{family}.")
    if first := wanted.get("first"):
        found = found.filter(when__gte=_midnight(first))
    if last := wanted.get("last"):
        found = found.filter(when__lt=_midnight(last, days=1))
    if kind := wanted.get("kind"):
        found = found.filter(look=kind == "looks")
    return found


def _called(words: str) -> QuerySet[User]:
    """People by parts of their names or number; protected people by their pseudonym only: finding them by name would
    tell whose pseudonym it is."""
    protections = Protection.objects.on()
    named = Q()
    for word in fold(words).split():
        named &= Q(folded__contains=word)
    hidden = Exists(protections.filter(user=OuterRef("pk")))
    pseudonym = Exists(protections.filter(user=OuterRef("pk"), pseudonym__icontains=words.strip()))
    return User.objects.filter((named & ~hidden) | pseudonym)


def _midnight(day: dt.date, *, days: int = 0) -> dt.datetime:
    """The beginning of a day (or so many later) in the site's time zone; days that no row can have are brought near."""
    day = min(max(day, dt.date(1970, 1, 2)), dt.date(2999, 1, 1)) + dt.timedelta(days=days)
    return timezone.make_aware(dt.datetime.combine(day, dt.time()))


def lines(entries: Sequence[AuditEntry], viewer: User, *, whole: bool = False) -> list[Line]:
    """Rows in words, in the active language. 2 queries, 1 more for each kind of thing that is named by a code, and 2
    where a manager reads of protected people."""
    with audit.remembering():
        return _lines(entries, viewer, whole=whole)


def _lines(entries: Sequence[AuditEntry], viewer: User, *, whole: bool) -> list[Line]:
    people = {row.pk: row for entry in entries for row in (entry.actor, entry.about) if row is not None}
    hidden = hidden_from(viewer, people)
    names = {pk: hidden.get(pk, person.display_name) for pk, person in people.items()}
    where: dict[int, str] = {}
    for entry in entries:
        if hidden.keys() & {entry.about_id, entry.actor_id}:
            _keep_the_place(entry)
    if whole:
        wanted = {entry.branch for entry in entries if entry.branch}
        where = {found.pk: str(found) for found in Institution.objects.filter(pk__in=wanted)}
    return [
        Line(
            entry=entry,
            who=_who(entry, names),
            about=_about(entry, names),
            sentence=audit.sentence(entry),
            place="" if hidden.keys() & {entry.about_id, entry.actor_id} else where.get(entry.branch or 0, ""),
            differences=list(audit.differences(entry)) if whole else (),
        )
        for entry in entries
    ]


def _keep_the_place(entry: AuditEntry) -> None:
    """Take out of a row, as it is shown, what leads from a pseudonym to the person."""
    entry.before, entry.after = (
        {name: "…" if name in _TELLS_WHO else value for name, value in values.items()}
        for values in (entry.before, entry.after)
    )


def _who(entry: AuditEntry, names: Mapping[int, str]) -> str:
    if entry.actor_id is not None:
        return names[entry.actor_id]
    return _("the system") if entry.by_machine else _("a person who was erased")


def _about(entry: AuditEntry, names: Mapping[int, str]) -> str:
    if entry.about_id is None:
        return ""
    if not getattr(entry, "within_reach", False):
        return _("a person who has left your branch")
    return names[entry.about_id]


def all_lines(found: QuerySet[AuditEntry], viewer: User) -> Iterator[Line]:
    """Every row in words, some hundreds at a time."""
    last: int | None = None
    found = found.order_by("-pk")
    while chunk := list((found if last is None else found.filter(pk__lt=last))[:A_CHUNK]):
        yield from lines(chunk, viewer, whole=True)
        last = chunk[-1].pk
