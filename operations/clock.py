"""Whether the machine's clock can be believed, and what time it is where it cannot (docs/decisions/0011).

A machine without a battery wakes up in 1970, or wherever its firmware likes. The clock is compared with the last moment
that the site knows for sure: it is kept in a small file, moved forward once a minute by the worker and by what is
recorded, never by what a client claims. Reading it costs no query.
"""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from pathlib import Path
from tempfile import NamedTemporaryFile

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone
from django.utils.translation import gettext as _

from operations import audit, maintenance
from operations.errors import Refused

log = logging.getLogger(__name__)

RELEASED = datetime(2026, 11, 1, tzinfo=UTC)  # no clock that is right stands before this code was written
TOLERANCE = timedelta(minutes=2)
LOOK_EVERY = 60.0  # seconds
CONFIRMED = "operations.clock-confirmed"

Source = Callable[[], datetime | None]
Listener = Callable[["Doubt", datetime], object]

_sources: list[Source] = []
_doubtful: list[Listener] = []
_trusted: list[Callable[[datetime], object]] = []


class Doubt(Enum):
    """Why the clock is not believed."""

    OLD = "old"  # before this code was released
    BEHIND = "behind"  # before what is known for sure
    AHEAD = "ahead"  # further after it than the site is ever left alone (CLOCK_JUMP_DAYS)


@dataclass(frozen=True, slots=True)
class Known:
    """seen: the last moment known for sure. floor: the newest `stored` that an administrator declared wrong by
    confirming an earlier clock: it keeps the record in order, and says nothing about the time."""

    seen: datetime | None = None
    floor: datetime | None = None


# --- reading --------------------------------------------------------------------------------------------------------


def doubt() -> Doubt | None:
    """Why the clock cannot be believed now; None where it can. No query."""
    return _judge(timezone.now(), known().seen)


def require() -> None:
    """Raises Refused while the clock is in doubt: what deletes, or dates a paper, waits."""
    if doubt() is not None:
        raise Refused(
            _("The clock of the server is in doubt: nothing that depends on the day is done."),
            _("An administrator sets the clock, or confirms it at the console of the server."),
        )


def now() -> datetime:
    """What deadlines, days and expiry go by: the clock's time, or, while it is in doubt, the last moment known for sure,
    which stands still. No query."""
    shown, seen = timezone.now(), known().seen
    if _judge(shown, seen) is None:
        return shown
    return seen or RELEASED


def today() -> date:
    """The day of `now`, by the site's calendar. No query."""
    return timezone.localdate(now())


def known() -> Known:
    """What the site knows for sure. One look at a small file, read when it has changed."""
    global _cache
    path = _path()
    try:
        stat = path.stat()
        mark = (str(path), stat.st_mtime_ns, stat.st_ino)
        if _cache[0] != mark:
            found = json.loads(path.read_text(encoding="utf-8"))
            _cache = (mark, Known(*(_moment(found.get(name)) for name in ("seen", "floor"))))
    except (OSError, ValueError, AttributeError):
        return Known()
    return _cache[1]


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _judge(shown: datetime, seen: datetime | None) -> Doubt | None:
    if shown < RELEASED:
        return Doubt.OLD
    if seen is None:
        return None
    if shown < seen - TOLERANCE:
        return Doubt.BEHIND
    if shown > seen + timedelta(days=settings.CLOCK_JUMP_DAYS):
        return Doubt.AHEAD
    return None


def judge(shown: datetime) -> tuple[Doubt | None, datetime | None]:
    """What a look at this moment finds, and the last moment known for sure. One query for each source."""
    seen = _latest(known())
    return _judge(shown, seen), seen


_cache: tuple[tuple[str, int, int] | None, Known] = (None, Known())


# --- looking --------------------------------------------------------------------------------------------------------


def register(source: Source) -> None:
    """Say, in `AppConfig.ready`, who knows the newest time that this server itself stored something."""
    _sources.append(source)


def listen(*, doubtful: Listener | None = None, trusted: Callable[[datetime], object] | None = None) -> None:
    """Say who hears, at every look, that the clock is in doubt (why, last moment known) or can be believed (now)."""
    if doubtful is not None:
        _doubtful.append(doubtful)
    if trusted is not None:
        _trusted.append(trusted)


def look() -> Doubt | None:
    """Compare the clock with what this server stored, move what is known forward, and tell whoever listens. One query
    for each source, beside what listeners ask."""
    shown, before = timezone.now(), known()
    seen = _latest(before)
    found = _judge(shown, seen)
    if found is None:
        floor = before.floor if before.floor and before.floor > shown else None
        _write(Known(max(shown, seen or shown), floor))
        for hear in _trusted:
            hear(shown)
    else:
        if seen is not None and seen != before.seen:
            _write(Known(seen, before.floor))
        for tell in _doubtful:
            tell(found, seen or RELEASED)
    return found


_looked: tuple[float, float] | None = None  # monotonic, and what the clock showed


def look_now_and_then() -> None:
    """`look`, once a minute, and at once where the clock has jumped meanwhile."""
    global _looked
    passed, shown = time.monotonic(), time.time()
    if _looked is not None:
        since = passed - _looked[0]
        jumped = abs((shown - _looked[1]) - since) > TOLERANCE.total_seconds()
        if 0 <= since < LOOK_EVERY and not jumped:
            return
    _looked = (passed, shown)
    try:
        look()
    except OSError:  # a full disk: what was known stays, and the work goes on
        log.exception("What is known of the time could not be written.")


def advance(shown: datetime) -> None:
    """Something was recorded at this time, which is believed: also without a worker it is known then, to the hour."""
    before = known()
    if before.seen is not None and shown - before.seen > timedelta(hours=1):
        try:
            _write(Known(shown, before.floor))
        except OSError:  # nothing is refused because of this
            log.exception("What is known of the time could not be written.")


def _newest() -> datetime | None:
    return max((found for source in _sources if (found := source()) is not None), default=None)


def _latest(before: Known) -> datetime | None:
    newest = _newest()
    # Above a floor the record counts in microseconds: a day of them is never reached.
    if newest is not None and before.floor is not None and newest < before.floor + timedelta(days=1):
        newest = None
    return max((moment for moment in (before.seen, newest) if moment is not None), default=None)


# --- confirming -----------------------------------------------------------------------------------------------------


def confirm(*, actor: AbstractBaseUser) -> datetime:
    """An administrator at the console says that the clock is right as it stands; returns what it shows.

    Their act stands in the audit trail. Raises Refused for a clock from before this version was released.
    """
    shown, before = timezone.now(), known()
    found = _judge(shown, _latest(before))
    if found is Doubt.OLD:
        raise Refused(
            _("The clock stands before this version of Kalanso was released: it cannot be right."),
            _("Set it first: sudo timedatectl set-time “2026-11-24 14:30:00”."),
        )
    newest = _newest()
    audit.record_change(
        actor=actor,
        code=CONFIRMED,
        obj=("clock", "clock"),
        before={"known": before.seen, "doubt": found.value if found else ""},
        after={"clock": shown},
    )
    _write(Known(shown, newest if newest is not None and newest > shown else None))
    look()
    return shown


def _path() -> Path:
    return Path(settings.DATA_DIR) / "upkeep" / "clock.json"


def _write(what: Known) -> None:
    values = {"seen": what.seen, "floor": what.floor}
    text = json.dumps({name: value.isoformat() if value else None for name, value in values.items()})
    folder = maintenance.folder(Path(settings.DATA_DIR))
    with NamedTemporaryFile("w", dir=folder, prefix="clock-", delete=False, encoding="utf-8") as file:
        try:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
            os.replace(file.name, _path())
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
