"""From a facilitator guide to the hours of a workshop. Pure: nothing here touches the database.

A guide holds the plan of one day as a table in Markdown, its head saying an hour: « Heure | Durée | Séquence | Trace » or
« Heure | Activité | But », the hours as « 8 h 30 », « 8:30 » or « 08 h 30 – 09 h 00 ».
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from operations.folding import fold

NOON_PRAYER = (dt.time(12, 30), dt.time(14, 0))  # on Fridays nobody is taught between these
LATEST = dt.time(17, 30)
LATEST_IN_RAMADAN = dt.time(14, 30)
MEAL = 45  # minutes from which a break parts two sessions
PRAYER = 30  # what remains of a meal in Ramadan
SHORT_BREAK = 10
FRIDAY = 4

_HEADS = ("heure", "time", "hour", "horaire")
_HOUR = re.compile(r"(\d{1,2})\s*[h:]\s*(\d{2})?")
_MINUTES = re.compile(r"(\d{1,3})\s*min")
_MARKS = re.compile(r"\*\*|__|`")
_PAUSE = re.compile(r"\b(pause|break|repas|meal|lunch|dejeuner|priere|prayer|cafe|coffee)\b")


@dataclass(frozen=True, slots=True)
class Step:
    """A row of a guide."""

    title: str
    minutes: int
    trace: str = ""
    pause: bool = False

    @property
    def meal(self) -> bool:
        return self.pause and self.minutes >= MEAL


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the workshop as the calendar has it. `short`: shorter hours (Ramadan)."""

    date: dt.date
    short: bool = False

    @property
    def friday(self) -> bool:
        return self.date.weekday() == FRIDAY


@dataclass(frozen=True, slots=True)
class Placed:
    """A step with its hour. `cut`: 1 is left out first where the session begins late; none: never."""

    step: Step
    starts: dt.time
    minutes: int
    cut: int | None = None


@dataclass(slots=True)
class Half:
    """A session as it is proposed."""

    date: dt.date
    items: list[Placed] = field(default_factory=list)

    @property
    def starts(self) -> dt.time:
        return self.items[0].starts

    @property
    def ends(self) -> dt.time:
        return plus(self.items[-1].starts, self.items[-1].minutes)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a guide comes to. `left_out`: steps for which no hour was found."""

    halves: list[Half]
    left_out: list[Step]


def plus(hour: dt.time, minutes: int) -> dt.time:
    """An hour so many minutes later; never past the end of the day."""
    total = min(_count(hour) + minutes, 24 * 60 - 1)
    return dt.time(total // 60, total % 60)


def _count(hour: dt.time) -> int:
    return hour.hour * 60 + hour.minute


def between(start: dt.time, end: dt.time) -> int:
    """Minutes from one hour to another of the same day."""
    return _count(end) - _count(start)


# --- reading ----------------------------------------------------------------------------------------------------------


def read_guide(body: str) -> tuple[dt.time, list[Step]]:
    """The hour at which the guide begins, and its steps; none where it holds no such table."""
    rows: list[tuple[dt.time, int | None, str, str]] = []
    inside = False
    for line in body.splitlines():
        cells = _cells(line)
        if not cells:
            if rows:
                break
            inside = False
        elif fold(cells[0]).strip() in _HEADS:
            inside, rows = True, []
        elif inside and (row := _row(cells)) is not None:
            rows.append(row)
    return (rows[0][0] if rows else dt.time(8, 30)), _steps(rows)


def _cells(line: str) -> list[str]:
    line = line.strip()
    if not line.startswith("|"):
        return []
    return [_MARKS.sub("", cell).strip() for cell in line.strip("|").split("|")]


def _row(cells: list[str]) -> tuple[dt.time, int | None, str, str] | None:
    hours = [_hour(found) for found in _HOUR.finditer(cells[0])]
    if not hours or hours[0] is None or len(cells) < 2:
        return None
    given = _MINUTES.search(cells[1]) if len(cells) > 2 else None
    words = cells[2:] if given else cells[1:]
    minutes = int(given[1]) if given else None
    if minutes is None and len(hours) > 1 and hours[1] is not None:
        minutes = between(hours[0], hours[1])
    return hours[0], minutes, words[0][:300], (words[1] if len(words) > 1 else "")[:200]


def _hour(found: re.Match[str]) -> dt.time | None:
    hour, minute = int(found[1]), int(found[2] or 0)
    return dt.time(hour, minute) if hour < 24 and minute < 60 else None


def _steps(rows: Sequence[tuple[dt.time, int | None, str, str]]) -> list[Step]:
    steps = []
    for place, (starts, minutes, title, trace) in enumerate(rows):
        if minutes is None and place + 1 < len(rows):
            minutes = between(starts, rows[place + 1][0])
        minutes = minutes or 30
        if 0 < minutes <= 600 and title:
            steps.append(Step(title, minutes, trace, _PAUSE.search(fold(title)) is not None))
    return steps


# --- laying out -------------------------------------------------------------------------------------------------------


def lay_out(steps: Sequence[Step], days: Iterable[Day], starts: dt.time) -> Plan:
    """Give every step its hour, from `starts` on the first day: on Fridays nothing between 12:30 and 14:00, in Ramadan
    until 14:30 without a meal; what does not fit goes on the next day."""
    halves: list[Half] = []
    waiting = list(steps)
    for day in days:
        if not waiting:
            break
        waiting = _fill(day, waiting, starts, halves)
    for half in halves:
        half.items = _with_cuts(half.items)
    return Plan(halves, [step for step in waiting if not step.pause])


def _fill(day: Day, waiting: list[Step], starts: dt.time, halves: list[Half]) -> list[Step]:
    """Put on the day what fits; what is left comes back."""
    end = LATEST_IN_RAMADAN if day.short else LATEST
    now, half = starts, Half(day.date)
    while waiting and waiting[0].pause:  # no day begins with a break
        waiting = waiting[1:]
    while waiting:
        step = waiting[0]
        minutes = _length(step, day)
        if day.friday and _meets_prayer(now, minutes):
            now = NOON_PRAYER[1]
            half = _close(half, halves)
            waiting = waiting[1:] if step.pause else waiting
            continue
        if _count(now) + minutes > _count(end):
            break
        if step.pause and minutes >= MEAL:
            half = _close(half, halves)
        elif half.items or not step.pause:
            half.items.append(Placed(step, now, minutes))
        now = plus(now, minutes)
        waiting = waiting[1:]
    _close(half, halves)
    return waiting


def _length(step: Step, day: Day) -> int:
    if not day.short or not step.pause:
        return step.minutes
    return PRAYER if step.meal else min(step.minutes, SHORT_BREAK)


def _meets_prayer(now: dt.time, minutes: int) -> bool:
    return now < NOON_PRAYER[1] and _count(now) + minutes > _count(NOON_PRAYER[0])


def _close(half: Half, halves: list[Half]) -> Half:
    while half.items and half.items[-1].step.pause:
        half.items.pop()
    if half.items:
        halves.append(half)
    return Half(half.date)


def _with_cuts(items: list[Placed]) -> list[Placed]:
    """Neither the first nor the last step of a session is left out, nor a break; of the others the last one first."""
    inner = [item for item in items[1:-1] if not item.step.pause]
    order = {id(item): number for number, item in enumerate(reversed(inner), start=1)}
    return [Placed(item.step, item.starts, item.minutes, order.get(id(item))) for item in items]


# --- late -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an agenda as it stands: `pk` names it, `cut` as in `Placed`."""

    pk: int
    starts: dt.time
    minutes: int
    cut: int | None = None


@dataclass(frozen=True, slots=True)
class Late:
    """What becomes of a session that begins late. `hours`: the new hour of each line that stays; `dropped`: the others;
    `over`: minutes by which it ends late all the same."""

    hours: dict[int, dt.time]
    dropped: frozenset[int]
    over: int


def begin_late(lines: Sequence[Line], minutes: int) -> Late:
    """Leave out lines in their order until as much time is saved as was lost."""
    saved, dropped = 0, set()
    for line in sorted((line for line in lines if line.cut is not None), key=lambda line: line.cut or 0):
        if saved >= minutes:
            break
        saved += line.minutes
        dropped.add(line.pk)
    hours, shift = {}, minutes
    for line in lines:
        if line.pk in dropped:
            shift -= line.minutes
        else:
            hours[line.pk] = (
                plus(line.starts, shift) if shift >= 0 else dt.time(*divmod(_count(line.starts) + shift, 60))
            )
    return Late(hours, frozenset(dropped), max(0, minutes - saved))
