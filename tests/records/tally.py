"""A small projector for tests: its table is a dictionary."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from records.projection import Projector
from records.statements import percent_of, seconds_of
from records.verbs import Verb


@dataclass(frozen=True)
class Tally:
    count: int = 0
    best: Decimal | None = None
    seconds: int = 0
    first: datetime | None = None
    passed: bool = False


class TallyProjector(Projector[Tally]):
    name = "tally"
    verbs = frozenset({Verb.COMPLETED, Verb.PASSED, Verb.FAILED})
    empty = Tally()

    def __init__(self) -> None:
        self.rows: dict = {}
        self.unknown: set[UUID] = set()

    def key(self, statement):
        return (statement.registration, statement.activity) if statement.registration else None

    def fold(self, state, statement):
        percent = percent_of(statement.body)
        return Tally(
            count=state.count + 1,
            best=max((score for score in (state.best, percent) if score is not None), default=None),
            seconds=state.seconds + seconds_of(statement.body),
            first=min(state.first or statement.timestamp, statement.timestamp),
            passed=state.passed or statement.verb == Verb.PASSED,
        )

    def load(self, keys):
        return {key: self.rows.get(key, self.empty) for key in keys if key[0] not in self.unknown}

    def save(self, states):
        for key, state in states.items():
            if state == self.empty:
                self.rows.pop(key, None)
            else:
                self.rows[key] = state

    def keys(self, registrations):
        return [key for key in sorted(self.rows, key=str) if registrations is None or key[0] in registrations]
