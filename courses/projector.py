"""What is folded from the record: how far a person is in each activity, and the state of each enrolment.

Commutative, and without any rule: minimum, maximum, sum and "or" only. The decisions (`completed`, `passed`,
`satisfied`) are in the statements.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import F, FilteredRelation, Q

from courses.models import ActivityProgress, Enrolment
from courses.rules import COURSE
from operations.prepared import Prepared, insert, write
from records.models import Statement
from records.projection import Key, Projector
from records.statements import key_of, percent_of, rule_of, seconds_of
from records.verbs import Verb

_CENT = Decimal("0.01")


def _score(statement: Statement) -> Decimal | None:
    percent = percent_of(statement.body)
    return None if percent is None else percent.quantize(_CENT)


def _highest(first: Decimal | None, second: Decimal | None) -> Decimal | None:
    return max((score for score in (first, second) if score is not None), default=None)


def _earliest(first: datetime | None, second: datetime | None) -> datetime | None:
    return min((when for when in (first, second) if when is not None), default=None)


@dataclass(frozen=True, slots=True)
class ActivityState:
    """The projected columns of ActivityProgress."""

    status: str = ""
    score: Decimal | None = None
    seconds: int = 0
    completed_at: datetime | None = None
    last_at: datetime | None = None


class ActivityProjector(Projector[ActivityState]):
    """`completed` and `passed` finish an activity; `failed` only keeps its score; time is added up, never judged."""

    name: ClassVar[str] = "activities"
    verbs: ClassVar[frozenset[str]] = frozenset(
        {
            Verb.INITIALIZED,
            Verb.EXPERIENCED,
            Verb.PROGRESSED,
            Verb.COMPLETED,
            Verb.PASSED,
            Verb.FAILED,
            Verb.TERMINATED,
        }
    )
    empty: ClassVar[ActivityState] = ActivityState()
    scored: ClassVar[frozenset[str]] = frozenset({Verb.COMPLETED, Verb.PASSED, Verb.FAILED})
    finishing: ClassVar[frozenset[str]] = frozenset({Verb.COMPLETED, Verb.PASSED})

    def key(self, statement: Statement) -> Key | None:
        activity = key_of(statement.activity)
        return (statement.registration, activity) if statement.registration and activity else None

    def fold(self, state: ActivityState, statement: Statement) -> ActivityState:
        finishes = statement.verb in self.finishing
        done = finishes or state.status == ActivityProgress.Status.COMPLETED
        return ActivityState(
            status=ActivityProgress.Status.COMPLETED.value if done else ActivityProgress.Status.STARTED.value,
            score=_highest(state.score, _score(statement)) if statement.verb in self.scored else state.score,
            seconds=state.seconds + seconds_of(statement.body),
            completed_at=_earliest(state.completed_at, statement.timestamp) if finishes else state.completed_at,
            last_at=max(statement.timestamp, state.last_at or statement.timestamp),
        )

    def load(self, keys: Collection[Key]) -> Mapping[Key, ActivityState]:
        """One query: a row for each enrolment that exists, with its progress where there is some."""
        if len(keys) == 1:  # nearly always: what one person does
            (key,) = keys
            rows = _one(*key)
            # mypy does not know the annotations
            found = [ActivityState(*(getattr(row, name) for name in _OWN)) for row in rows if getattr(row, "of")]  # noqa: B009
            return {key: found[0] if found else self.empty} if rows else {}
        activities = {activity for _registration, activity in keys}
        stored = (
            Enrolment.objects.filter(pk__in={registration for registration, _activity in keys})
            .annotate(found=FilteredRelation("progress", condition=Q(progress__activity__in=activities)))
            .values_list(
                "pk",
                "found__activity",
                "found__status",
                "found__score",
                "found__seconds",
                "found__completed_at",
                "found__last_at",
            )
        )
        known: set[UUID] = set()
        states: dict[Key, ActivityState] = {}
        for registration, activity, *columns in stored:
            known.add(registration)
            if activity is not None:
                states[registration, activity] = ActivityState(*columns)
        return {key: states.get(key, self.empty) for key in keys if key[0] in known}

    def save(self, states: Mapping[Key, ActivityState]) -> None:
        rows = [
            ActivityProgress(
                enrolment_id=registration,
                activity=activity,
                status=state.status,
                score=state.score,
                seconds=state.seconds,
                completed_at=state.completed_at,
                last_at=state.last_at,
            )
            for (registration, activity), state in states.items()
            if state.last_at is not None
        ]
        if rows:
            insert(rows, unique=["enrolment", "activity"], update=_COLUMNS)
        for (registration, activity), state in states.items():
            if state == self.empty:  # every statement was voided
                ActivityProgress.objects.filter(enrolment_id=registration, activity=activity).delete()

    def keys(self, registrations: Collection[UUID] | None) -> Iterable[Key]:
        rows = ActivityProgress.objects.order_by("enrolment_id").values_list("enrolment_id", "activity")
        return (rows if registrations is None else rows.filter(enrolment__in=registrations)).iterator(chunk_size=500)


_COLUMNS = ("status", "score", "seconds", "completed_at", "last_at")
_OWN = tuple(f"its_{name}" for name in _COLUMNS)
_one = Prepared(
    lambda registration, activity: (
        Enrolment.objects.filter(pk=registration)
        .annotate(found=FilteredRelation("progress", condition=Q(progress__activity=activity)))
        .annotate(of=F("found__activity"), **{f"its_{name}": F(f"found__{name}") for name in _COLUMNS})
        .only("pk")
    ),
    UUID,
    UUID,
)


@dataclass(frozen=True, slots=True)
class EnrolmentState:
    """The projected columns of Enrolment."""

    status: str = Enrolment.Status.ACTIVE.value
    score: Decimal | None = None
    completed_at: datetime | None = None


class EnrolmentProjector(Projector[EnrolmentState]):
    """`satisfied` by the course's rule completes an enrolment for good; `left` withdraws one that is not completed."""

    name: ClassVar[str] = "enrolments"
    verbs: ClassVar[frozenset[str]] = frozenset({Verb.SATISFIED, Verb.LEFT})
    empty: ClassVar[EnrolmentState] = EnrolmentState()

    def key(self, statement: Statement) -> Key | None:
        if statement.verb == Verb.SATISFIED and (rule_of(statement.body) or {}).get("name") != COURSE:
            return None  # a block of a package, not the course
        return super().key(statement)

    def fold(self, state: EnrolmentState, statement: Statement) -> EnrolmentState:
        if statement.verb == Verb.SATISFIED:
            return EnrolmentState(
                Enrolment.Status.COMPLETED.value,
                _highest(state.score, _score(statement)),
                _earliest(state.completed_at, statement.timestamp),
            )
        if state.status == Enrolment.Status.COMPLETED:
            return state
        return EnrolmentState(Enrolment.Status.WITHDRAWN.value, state.score, state.completed_at)

    def load(self, keys: Collection[Key]) -> Mapping[Key, EnrolmentState]:
        rows: Iterable[tuple[Any, ...]] = Enrolment.objects.filter(pk__in=[key[0] for key in keys]).values_list(
            "pk", "status", "score", "completed_at"
        )
        return {(registration,): EnrolmentState(*columns) for registration, *columns in rows}

    def save(self, states: Mapping[Key, EnrolmentState]) -> None:
        write(
            [
                Enrolment(pk=registration, status=state.status, score=state.score, completed_at=state.completed_at)
                for (registration,), state in states.items()
            ],
            ["status", "score", "completed_at"],
        )

    def keys(self, registrations: Collection[UUID] | None) -> Iterable[Key]:
        rows = Enrolment.objects.order_by("pk").values_list("pk")
        return (rows if registrations is None else rows.filter(pk__in=registrations)).iterator(chunk_size=500)
