"""Every write of the learning record."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, connection, connections, transaction
from django.utils import timezone

from operations import clock
from operations.prepared import Prepared
from records import exact, projection, queries
from records.models import RecordKey, Statement, Voiding
from records.statements import REASON, StatementError, Valid, agent, moment, validate, voids
from records.verbs import Verb

HERE = "kalanso"  # the authority of what this site's own services record
MAX_AUTHORITY = 64
ROWS_A_QUERY = 100  # 9 parameters each: far below the limit of either database
_LOCK = 0x6B616C61  # the space of our advisory locks


class ConflictError(StatementError):
    """A statement came again under the same id with other content (xAPI 1.0.3 Communication §2.1.2: 409)."""


def key_for(user: AbstractBaseUser) -> UUID:
    """The record key under which new statements of `user` are made; made at the first call. One query, then."""
    if (known := _main_key.first(user.pk)) is not None:
        return known.key
    try:
        with transaction.atomic():
            return RecordKey.objects.create(user_id=user.pk, main=True).key
    except IntegrityError:  # another request was quicker
        return RecordKey.objects.get(user_id=user.pk, main=True).key


_main_key = Prepared(lambda user: RecordKey.objects.filter(user_id=user, main=True), int)


@transaction.atomic(savepoint=False)
def record(statements: Iterable[Mapping[str, Any]], *, authority: str = HERE) -> list[Statement]:
    """Add statements to the record and fold them into the projections, all or nothing.

    statements: as `records.statements.build` makes them. authority: who vouches for them (a code of ours, never a
    person's name). Returns their rows, in the order given. An exact repeat (apart from `stored` and `authority`) is
    the row that is already there and counts once. A voiding statement takes its target out of the projections.

    Raises StatementError before anything is written; ConflictError for the same id with other content, and
    StatementError for a voiding of an unknown or voiding statement: both spoil the transaction around (there is no
    savepoint), so let them pass or wrap the call in `transaction.atomic()`.

    SQL: 1 insert (for 100 statements), on PostgreSQL 1 lock, and for each projector concerned 1 load and 1 save;
    1 more where something is repeated. A completed lesson costs 3, on PostgreSQL 4.
    """
    if not authority or len(authority) > MAX_AUTHORITY:
        raise StatementError(f"An authority is a code of 1 to {MAX_AUTHORITY} characters.")
    stored = _stored()
    rows: dict[UUID, Statement] = {}
    order: list[UUID] = []
    for statement in statements:
        row = _row(statement, authority, stored)
        order.append(row.id)
        _same(rows.setdefault(row.id, row), row)
    if not rows:
        return []
    _lock({row.registration for row in rows.values() if row.registration})
    new = _insert(list(rows.values()))
    repeated = rows.keys() - new
    for old in Statement.objects.filter(id__in=repeated) if repeated else ():
        _same(old, rows[old.id])
        rows[old.id] = old
    fresh = [row for row in rows.values() if row.id in new]
    voidings = [row for row in fresh if row.verb == Verb.VOIDED]
    gone = _void(voidings) if voidings else {}
    projection.apply(row for row in fresh if row.id not in gone)
    if gone:
        projection.refold({row.registration for row in gone.values() if row.registration})
    return [rows[id] for id in order]


def void(statement: UUID, *, by: UUID, reason: str, when: datetime | None = None, authority: str = HERE) -> Statement:
    """Say that a statement no longer counts, and fold its registration anew.

    by: the record key of who decides. reason: a code, no free text. Returns the voiding statement; for a statement
    that is voided already, the one that did it. Raises StatementError where the statement is unknown or voids itself.
    """
    with transaction.atomic():
        done = Voiding.objects.filter(statement_id=statement).select_related("by").first()
        if done is not None:
            return done.by
        voiding = {
            "id": str(uuid4()),
            "actor": agent(by),
            "verb": {"id": str(Verb.VOIDED), "display": Verb.VOIDED.display},
            "object": {"objectType": "StatementRef", "id": str(statement)},
            "context": {"extensions": {REASON: reason}},
            "timestamp": (when or clock.now()).astimezone(UTC).isoformat().replace("+00:00", "Z"),
        }
        return record([voiding], authority=authority)[0]


def rebuild(*, write: bool = True) -> Iterator[tuple[int, list[projection.Difference]]]:
    """Fold the whole log anew, compare with the rows and, with `write`, write the rows that differ.

    Yields (registrations done so far, differences of this batch). One transaction for each batch: others can record
    in between, and memory and locks are bounded.
    """
    done = 0
    for batch in projection.batches():
        with transaction.atomic():
            _lock(batch)
            differences = projection.compare(batch)
            if write:
                projection.correct(differences)
        done += len(batch)
        yield done, differences


# --- rows -----------------------------------------------------------------------------------------------------------


def _row(statement: Mapping[str, Any], authority: str, stored: datetime) -> Statement:
    if not isinstance(statement, Valid):
        validate(statement)
    body = {name: value for name, value in statement.items() if name not in ("stored", "authority")}
    registration = body.get("context", {}).get("registration")
    target = body["object"]
    return Statement(
        id=UUID(body["id"]),
        actor=UUID(body["actor"]["account"]["name"]),
        verb=body["verb"]["id"],
        activity=f"urn:uuid:{target['id']}" if target.get("objectType") == "StatementRef" else target["id"],
        registration=UUID(registration) if registration else None,
        timestamp=moment(body["timestamp"]) if "timestamp" in body else stored,
        stored=stored,
        authority=authority,
        body=body,
    )


def _same(first: Statement, second: Statement) -> None:
    """Raises ConflictError where two statements of one id differ."""
    if first is not second and exact.dumps(first.body, canonical=True) != exact.dumps(second.body, canonical=True):
        raise ConflictError(f"Statement {first.id} is already recorded with other content.")


def _insert(rows: Sequence[Statement]) -> set[UUID]:
    """Insert what is not there yet, and say what that was.

    One query instead of asking first: it also decides the race between two connections, as the second waits for the
    first to commit. Django's bulk_create(ignore_conflicts=True) does not say which rows it left out.
    """
    fields = Statement._meta.concrete_fields
    quote = connection.ops.quote_name
    names = ", ".join(quote(str(field.column)) for field in fields)
    slots = "(" + ", ".join(["%s"] * len(fields)) + ")"
    new: set[UUID] = set()
    here = connections[connection.alias]  # not through the proxy, which looks it up at every touch
    for start in range(0, len(rows), ROWS_A_QUERY):
        part = rows[start : start + ROWS_A_QUERY]
        values = [field.get_db_prep_save(getattr(row, field.attname), here) for row in part for field in fields]
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {quote(Statement._meta.db_table)} ({names}) VALUES {', '.join([slots] * len(part))} "  # noqa: S608
                f"ON CONFLICT ({quote('id')}) DO NOTHING RETURNING {quote('id')}",
                values,
            )
            new.update(id if isinstance(id, UUID) else UUID(id) for (id,) in cursor.fetchall())
    for row in rows:
        row._state.adding = False
        row._state.db = connection.alias
    return new


def _void(voidings: Sequence[Statement]) -> dict[UUID, Statement]:
    """Write the voidings, and say which statements no longer count."""
    by_target: dict[UUID, Statement] = {}
    for voiding in voidings:
        target = voids(voiding.body)
        if target is not None:
            by_target.setdefault(target, voiding)
    found = Statement.objects.in_bulk(by_target)
    for target in by_target:
        if target not in found:
            raise StatementError(f"Statement {target} cannot be voided: it is not in the record.")
        if found[target].verb == Verb.VOIDED:
            raise StatementError(f"Statement {target} cannot be voided: it is a voiding statement.")
    _lock({row.registration for row in found.values() if row.registration})
    Voiding.objects.bulk_create(
        [Voiding(statement=row, by=by_target[row.id]) for row in found.values()], ignore_conflicts=True
    )
    return found


def _lock(registrations: Iterable[UUID]) -> None:
    """Fold one registration in one transaction at a time. SQLite has one writer anyway (transactions are IMMEDIATE)."""
    if connection.vendor != "postgresql":
        return
    numbers = sorted({registration.int & 0x7FFFFFFF for registration in registrations})
    if numbers:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(%s, number) FROM unnest(%s::int[]) AS number", [_LOCK, numbers]
            )


# --- the clock ------------------------------------------------------------------------------------------------------

_newest = datetime.min.replace(tzinfo=UTC)
_newest_lock = threading.Lock()
_TICK = timedelta(microseconds=1)


def _stored() -> datetime:
    """When the server stores: now, but never before what it stored last, should the clock step back.

    A clock that is believed costs nothing here. While it is in doubt, one query finds what was stored last, and the
    record counts on from there in microseconds: order is kept, and no wrong year comes in.
    """
    global _newest
    now = timezone.now()
    with _newest_lock:
        if clock.doubt() is None:
            floor = clock.known().floor
            earliest = max(_newest, floor) if floor else _newest
            _newest = now if now > earliest else earliest + _TICK if floor else earliest
            clock.advance(now)
        else:
            _newest = max(_newest, queries.newest_stored() or _newest, clock.known().seen or clock.RELEASED) + _TICK
        return _newest
