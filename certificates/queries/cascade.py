"""The facts of the cascade, read in bulk: closed workshops, who led them, who attended, what the tests showed. What comes of
them is kept until one of them changes."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.db.models import CharField, Count, Min, Q
from django.db.models.functions import Cast

from certificates.cascade import Cascade, Held, unfold
from certificates.models import Credential
from operations import clock
from people.models import Role, RoleGrant
from workshops.hiding import LEAST
from workshops.models import Facilitator, Mark, Presence, Registration, TestSitting, Workshop
from workshops.queries.report import overall
from workshops.rules import reaches

Key = str  # a UUID as the database writes it: making objects of half a million takes longer than reading them
_CLOSED = Q(workshop__status=Workshop.Status.CLOSED)
_KEPT = 7 * 24 * 3600  # seconds; what has changed has another key at once
_FORM = 1  # of what is kept: another one where `certificates.cascade` gives other things

# What the facts of the cascade rest on: how many rows, whose they are, when the last one was written. An account that is
# erased or merged changes the sums; marks and tests are only ever added, certificates only revoked.
_VERSION = """
SELECT
  (SELECT COUNT(*) || ' ' || COALESCE(CAST(MAX(closed_at) AS TEXT), '') FROM workshops_workshop WHERE status = 'closed'),
  (SELECT COUNT(*) || ' ' || COALESCE(SUM(user_id), 0) || ' ' || COALESCE(MAX(id), 0) FROM workshops_facilitator),
  (SELECT COUNT(*) || ' ' || COALESCE(SUM(user_id), 0) FROM workshops_registration WHERE state = 'accepted'),
  (SELECT COUNT(*) || ' ' || COALESCE(CAST(MAX(stored) AS TEXT), '') FROM workshops_mark),
  (SELECT COUNT(*) || ' ' || COALESCE(CAST(MAX(stored) AS TEXT), '') FROM workshops_testsitting),
  (SELECT COUNT(*) || ' ' || COALESCE(SUM(holder_id), 0) || ' ' || COALESCE(CAST(MAX(created) AS TEXT), '') || ' '
   || COUNT(revoked_at) FROM certificates_credential WHERE kind = 'trainer'),
  (SELECT COUNT(*) || ' ' || COALESCE(SUM(user_id), 0) || ' ' || COALESCE(MAX(id), 0) FROM people_rolegrant
   WHERE role = 'master' AND since <= %s)
"""


def _key(field: str) -> Cast:
    return Cast(field, CharField())


def prepared() -> Cascade:
    """The cascade as the facts stand now: the one that is kept, where they are still the same. 1 query, or 8."""
    with connection.cursor() as cursor:
        cursor.execute(_VERSION, [clock.today()])
        facts = cursor.fetchone()
    key = f"certificates.cascade-{_FORM}-{hashlib.sha256(repr(facts).encode()).hexdigest()}"
    found: Cascade | None = cache.get(key)
    if found is None:
        found = cascade()
        cache.set(key, found, _KEPT)
    return found


def cascade() -> Cascade:
    """Who trained whom, from all workshops whose attendance is closed. 7 queries, however many there are."""
    return unfold(_held(), certified=_certified(), masters=_masters())


def _certified() -> dict[int, Any]:
    """Since when whoever holds a trainer's certificate, expired ones included, was certified. 1 query."""
    kept = Q(status=Credential.Status.ISSUED) | Q(replaced_by__isnull=False)
    rows = Credential.objects.filter(kept, kind=Credential.Kind.TRAINER, holder__isnull=False)
    return dict(rows.order_by().values_list("holder").annotate(Min("issued")))


def _masters() -> dict[int, Any]:
    """Since when whoever is or was a master trainer, provisional ones included, is one. 1 query."""
    rows = RoleGrant.objects.filter(role=Role.MASTER, since__lte=clock.today())
    return dict(rows.order_by().values_list("user").annotate(Min("since")))


def _held() -> list[Held]:
    """5 queries."""
    counts = Count("sessions", filter=Q(sessions__required=True, sessions__cancelled=False))
    workshops = Workshop.objects.filter(status=Workshop.Status.CLOSED).annotate(asked=counts).order_by("ends", "code")
    leading: dict[tuple[Key, str], list[int]] = defaultdict(list)
    for workshop, person, part in Facilitator.objects.filter(_CLOSED, user__isnull=False).values_list(
        _key("workshop"), "user_id", "part"
    ):
        leading[workshop, part].append(person or 0)
    present = _sessions_attended()
    people: dict[Key, list[tuple[int, int]]] = defaultdict(list)
    registered = Registration.objects.filter(_CLOSED, state__in=Registration.EXPECTED).order_by()
    home: dict[Key, Key] = {}
    for place, (workshop, pk, person) in enumerate(
        registered.values_list(_key("workshop"), _key("pk"), "user_id"), start=1
    ):
        people[workshop].append((person or -place, present.get(pk, 0)))
        home[pk] = workshop
    gains = _gains(home)
    found = []
    for workshop, starts, ends, share, sessions in workshops.values_list(
        _key("pk"), "starts", "ends", "min_share", "asked"
    ):
        group = people.get(workshop, [])
        pairs, before, after = gains.get(workshop, (0, 0.0, 0.0))
        found.append(
            Held(
                starts=starts,
                ends=ends,
                leads=tuple(leading.get((workshop, Facilitator.Part.LEAD), ())),
                helps=tuple(leading.get((workshop, Facilitator.Part.CO), ())),
                # As `workshops.services.attendance.attended` says it of one workshop.
                attended=[person for person, count in group if reaches(count, sessions, share)],
                expected=len(group),
                asked=sessions,
                present=sum(count for _person, count in group),
                pairs=pairs,
                before=before,
                after=after,
            )
        )
    return found


def _sessions_attended() -> dict[Key, int]:
    """By registration: in how many of the sessions that count somebody was there. 1 query."""
    rows = Presence.objects.filter(
        session__workshop__status=Workshop.Status.CLOSED,
        session__required=True,
        session__cancelled=False,
        status=Mark.Status.PRESENT,
        conflict=False,
    )
    return dict(rows.order_by().values_list(_key("registration")).annotate(Count("pk")))


def _gains(home: Mapping[Key, Key]) -> dict[Key, tuple[int, float, float]]:
    """By workshop: pairs of tests, and their means before and after. A group under five is left out: taken together with
    others, it would be told by the difference from their own reports. 1 query."""
    rows = TestSitting.objects.filter(registration__workshop__status=Workshop.Status.CLOSED).order_by()
    points: dict[str, dict[Key, Mapping[str, float]]] = {moment: {} for moment in TestSitting.Moment.values}
    for registration, moment, reached in rows.values_list(_key("registration"), "moment", "points"):
        points[moment][registration] = reached
    pairs: dict[Key, list[tuple[Mapping[str, float], Mapping[str, float]]]] = defaultdict(list)
    after = points[TestSitting.Moment.POST]
    for registration, reached in points[TestSitting.Moment.PRE].items():
        if registration in after and registration in home:
            pairs[home[registration]].append((reached, after[registration]))
    found = {}
    for workshop, both in pairs.items():
        gain = overall(both) if len(both) >= LEAST else None
        if gain is not None:
            found[workshop] = (len(both), gain.before, gain.after)
    return found
