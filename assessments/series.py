"""Where a person stands with a quiz: attempts used, the series they belong to, when a further one opens.

Pure functions over rows: no database, no clock. A series is the number of attempts that the quiz allows in a row. When it
has ended without success, the next one opens after a pause, counted in whole days of the site's calendar, and once the
lessons on the objectives that were missed have been read again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone

from assessments.models import Attempt, Quiz


@dataclass(frozen=True, slots=True)
class Standing:
    """`series` is the newest one (1 before the first attempt); `used` counts its attempts that are handed in."""

    allowed: int | None  # per series; none: without limit
    pause: timedelta
    submitted: list[Attempt]  # oldest first
    running: Attempt | None
    series: int

    @property
    def count(self) -> int:
        """All attempts there are."""
        return len(self.submitted) + (self.running is not None)

    @property
    def last(self) -> Attempt | None:
        return self.submitted[-1] if self.submitted else None

    @property
    def passed(self) -> Attempt | None:
        return next((attempt for attempt in self.submitted if attempt.passed), None)

    @property
    def used(self) -> int:
        return sum(attempt.series == self.series for attempt in self.submitted)

    @property
    def left(self) -> int | None:
        return None if self.allowed is None else max(0, self.allowed - self.used)

    @property
    def exhausted(self) -> bool:
        """The series has ended without success."""
        return self.left == 0 and self.passed is None

    @property
    def opens_on(self) -> date | None:
        """From this day on a new series may begin; None where the present one goes on."""
        if not self.exhausted or self.last is None or self.last.submitted is None:
            return None
        return timezone.localdate(self.last.submitted) + self.pause

    @property
    def missed(self) -> list[int]:
        """The objectives that the last attempt did not reach."""
        return missed(self.last) if self.last else []


def standing_of(quiz: Quiz, attempts: Sequence[Attempt], *, extra: int = 0) -> Standing:
    """attempts: all those of one enrolment at this quiz, in any order. extra: tries of the person beyond those that the
    quiz allows in a series."""
    ordered = sorted(attempts, key=lambda attempt: (attempt.series, attempt.number))
    return Standing(
        allowed=None if quiz.attempts_allowed is None else quiz.attempts_allowed + extra,
        pause=timedelta(days=quiz.pause_days),
        submitted=[attempt for attempt in ordered if attempt.status == Attempt.Status.SUBMITTED],
        running=next((attempt for attempt in ordered if attempt.status == Attempt.Status.RUNNING), None),
        series=max((attempt.series for attempt in ordered), default=1),
    )


def missed(attempt: Attempt) -> list[int]:
    """The objectives that a submitted attempt did not reach."""
    return [line["objective"] for line in attempt.results if not line["reached"]]


def keys_are_open(attempt: Attempt, standing: Standing) -> bool:
    """Whether the expected answers of a submitted attempt may be shown (docs/decisions: review of the final assessment).

    Practice: always. Final assessment: once it is passed or the attempts of that series are used up.
    """
    if attempt.passed is None or standing.passed is not None or attempt.series < standing.series:
        return True
    return standing.left == 0


# --- time -----------------------------------------------------------------------------------------------------------

GRACE = timedelta(seconds=60)  # for a slow connection; never shown


def is_over(attempt: Attempt, now: datetime) -> bool:
    """Whether a running attempt takes no more answers because of its time, which does not pass while it is frozen."""
    return attempt.frozen is None and attempt.deadline is not None and now > attempt.deadline + GRACE


def went_back(attempt: Attempt, now: datetime) -> bool:
    """Whether the server's clock stands before the start of the attempt."""
    return attempt.frozen is None and attempt.deadline is not None and now < attempt.started


def remaining(attempt: Attempt, now: datetime) -> timedelta | None:
    """What is left of the time: never below zero, never above the whole limit, whatever the clock says."""
    if attempt.deadline is None:
        return None
    now = attempt.frozen or now
    return min(max(attempt.deadline - now, timedelta(0)), attempt.deadline - attempt.started)
