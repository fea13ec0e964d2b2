"""Projections: rows that are folded from the log, and can be rebuilt from it to the same rows.

A room above writes a `Projector` for each table that it projects on, and registers it in `AppConfig.ready`:

    projection.register(LessonProjector())

`records.services.record` runs the projectors on the statements that it has just inserted, in the same transaction;
`manage.py rebuild_progress` folds the whole log anew.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from itertools import groupby, islice
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID

from django.db.models import QuerySet

from records.models import Statement

State = TypeVar("State")
Key = tuple[Any, ...]  # (registration, …): the first item is always the registration
BATCH = 500  # registrations


class Projector(ABC, Generic[State]):
    """One table of projected rows. One state stands for one row; one key names it.

    Rules for a projector:
    - States are frozen and compare by value (a frozen dataclass). A state holds exactly the projected columns, so that
      `load` after `save` gives the same state.
    - `fold` reads the state and the statement, nothing else: no clock, no rule, no pass mark, no table. Decisions are
      in the statement (`records.statements.rule_of`).
    - `fold` is commutative: folding A then B equals folding B then A. Use min, max, sums, "or"; never "the last one
      that came". A statement is folded once: `record` drops repeats. Voided statements are not folded.
    """

    name: ClassVar[str]  # for people at the console, in English: "lessons"
    verbs: ClassVar[frozenset[str]]  # IRIs; statements with another verb do not reach the projector
    empty: ClassVar[Any]  # the state of a row before any statement

    def key(self, statement: Statement) -> Key | None:
        """Which row the statement concerns; None: it does not. The default is one row for each registration.

        A row for each activity: `(statement.registration, records.statements.key_of(statement.activity))`.
        """
        return (statement.registration,) if statement.registration else None

    @abstractmethod
    def fold(self, state: State, statement: Statement) -> State:
        """The state with one more statement."""

    @abstractmethod
    def load(self, keys: Collection[Key]) -> Mapping[Key, State]:
        """The states as the table has them now; `empty` for a row that does not exist yet but may.

        A key that is left out is skipped: statements of a registration that this installation does not know stay in
        the log and are folded once it does (`refold`). At most one query, without locks: the caller holds one.
        """

    @abstractmethod
    def save(self, states: Mapping[Key, State]) -> None:
        """Write the rows of these states, all of which have changed. A state equal to `empty`: no statement is left
        (delete the row, or empty its columns). At most one query for a batch of rows.
        """

    @abstractmethod
    def keys(self, registrations: Collection[UUID] | None) -> Iterable[Key]:
        """The keys of all rows of these registrations; with None of all, streamed. Only a rebuild asks."""


@dataclass(frozen=True)
class Difference:
    """A row that is not what the log says. Both sides are states."""

    projector: Projector[Any]
    key: Key
    row: Any
    log: Any

    def __str__(self) -> str:
        key = ", ".join(str(part) for part in self.key)
        if is_dataclass(self.row) and is_dataclass(self.log):
            sides = [(f.name, getattr(self.row, f.name), getattr(self.log, f.name)) for f in fields(self.row)]
            says = [f"{name} is {row}, by the record {log}" for name, row, log in sides if row != log]
        else:
            says = [f"the row is {self.row}, by the record {self.log}"]
        return f"{self.projector.name} ({key}): {'; '.join(says)}."


_projectors: dict[str, Projector[Any]] = {}


def register(projector: Projector[Any]) -> None:
    """Run this projector on every statement from now on; a second one of the same name replaces the first."""
    _projectors[projector.name] = projector


def projectors() -> list[Projector[Any]]:
    return list(_projectors.values())


def apply(statements: Iterable[Statement]) -> None:
    """Fold new statements into the rows. For `records.services`, inside its transaction.

    Two queries for each projector that is concerned: one load, one save (none where nothing changes).
    """
    statements = list(statements)
    for projector in projectors():
        concerned: dict[Key, list[Statement]] = {}
        for statement in statements:
            if statement.verb in projector.verbs and (key := projector.key(statement)) is not None:
                concerned.setdefault(key, []).append(statement)
        if not concerned:
            continue
        changed = {}
        for key, before in projector.load(list(concerned)).items():
            after = before
            for statement in concerned[key]:
                after = projector.fold(after, statement)
            if after != before:
                changed[key] = after
        if changed:
            projector.save(changed)


def refold(registrations: Collection[UUID]) -> None:
    """Fold these registrations anew from the log, after a voiding or when a registration becomes known."""
    correct(compare(registrations))


def correct(differences: Iterable[Difference]) -> None:
    """Write what the log says into the rows that differ."""
    states: dict[str, dict[Key, Any]] = {}
    for difference in differences:
        states.setdefault(difference.projector.name, {})[difference.key] = difference.log
    for name, changed in states.items():
        _projectors[name].save(changed)


def batches() -> Iterator[list[UUID]]:
    """All registrations that the log or a projected row knows, in batches. Nothing is held open between two batches,
    so that each can be folded and corrected in a transaction of its own.
    """
    known = Statement.objects.filter(registration__isnull=False).order_by("registration")
    in_log = known.values_list("registration", flat=True).distinct()
    batch = [registration for registration in in_log[:BATCH] if registration]
    while batch:
        yield batch
        further = in_log.filter(registration__gt=batch[-1])[:BATCH]
        batch = [registration for registration in further if registration]
    for projector in projectors():
        strangers: list[UUID] = []  # rows that no statement accounts for: none, unless somebody wrote by hand
        rows = (registration for registration, _ in groupby(key[0] for key in projector.keys(None)))
        while batch := list(islice(rows, BATCH)):
            strangers += set(batch) - set(in_log.filter(registration__in=batch))
        while strangers:
            yield strangers[:BATCH]
            del strangers[:BATCH]


def compare(registrations: Collection[UUID]) -> list[Difference]:
    """Fold all that the log has of these registrations, and say where the rows differ. Writes nothing."""
    if not registrations:
        return []
    verbs = frozenset[str]().union(*(projector.verbs for projector in projectors()))
    folded: dict[str, dict[Key, Any]] = {projector.name: {} for projector in projectors()}
    for statement in counting().filter(registration__in=registrations, verb__in=verbs).iterator(chunk_size=BATCH):
        for projector in projectors():
            if statement.verb in projector.verbs and (key := projector.key(statement)) is not None:
                states = folded[projector.name]
                states[key] = projector.fold(states.get(key, projector.empty), statement)
    differences = []
    for projector in projectors():
        states = folded[projector.name]
        rows = projector.load(list({*states, *projector.keys(registrations)}))
        for key, row in rows.items():
            log = states.get(key, projector.empty)
            if log != row:
                differences.append(Difference(projector, key, row, log))
    return differences


def counting() -> QuerySet[Statement]:
    """The statements that count: all but the voided."""
    return Statement.objects.filter(voiding__isnull=True)
