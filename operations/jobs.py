"""Background work. The row is the queue: it commits with the change that asks for it, and a worker claims it.

A room registers a handler for each kind in `AppConfig.ready`:

    jobs.register("courses.publish", publish_courses)

    def publish_courses(job: jobs.Work) -> dict | None:
        for number, course in enumerate(courses, start=1):
            ...
            job.progress(number, len(courses))
        return {"published": len(courses)}

A handler can be run again after it died at any point, so it does nothing twice: it looks at what is done already. One
that may be stopped half-way calls `progress`, which raises Lost once the job was cancelled or taken up elsewhere.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import Error, close_old_connections, connection, connections, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from operations import audit, clock, maintenance
from operations.errors import Refused
from operations.faults import fault_of
from operations.models import Job
from operations.prepared import insert

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)  # a dead worker's job is taken up again after this
HEARTBEAT = timedelta(seconds=15)
TRIES = 3
BACK_OFF = (timedelta(seconds=10), timedelta(minutes=2))  # before the second and the third try
POLL = 2.0  # seconds between two looks at the queue
KEEP_PERIODIC = timedelta(days=1)  # there may be one a minute, and nobody looks for yesterday's
KEEP_JOBS = timedelta(days=90)
KEEP_AUDIT = timedelta(days=5 * 365)

Handler = Callable[["Work"], Any]

_handlers: dict[str, Handler] = {}
_names: dict[str, Any] = {}
_periodic: dict[str, timedelta] = {}
_dated: set[str] = set()


# --- asking ---------------------------------------------------------------------------------------------------------


def register(kind: str, handler: Handler, *, name: Any = "", dated: bool = False) -> None:
    """Say who does the work of this kind ("room.what", at most 64 characters), and what people call it (gettext_lazy).

    dated: what it does depends on the day, so that it waits while the clock is in doubt (`operations.clock`).
    """
    _handlers[kind] = handler
    _names[kind] = name or kind
    if dated:
        _dated.add(kind)


def name_of(kind: str) -> str:
    """What people call this kind of work, in the active language."""
    return str(_names.get(kind, kind))


def periodic(kind: str, *, every: timedelta) -> None:
    """Ask for this kind of work once in every interval (counted from midnight UTC, 1 January 1970).

    Intervals that passed while no worker ran are not made up for.
    """
    if every < timedelta(seconds=1):
        raise ValueError("Periodic work is done once a second at most.")
    _periodic[kind] = every


def periodic_kinds() -> list[str]:
    """The kinds of work that the site asks for by itself."""
    return list(_periodic)


@transaction.atomic(savepoint=False)
def ask(
    kind: str,
    *,
    arguments: Mapping[str, Any] | None = None,
    key: str | None = None,
    asked_by: AbstractBaseUser | None = None,
    run_after: datetime | None = None,
) -> Job:
    """Put work into the queue; it is done once the current transaction has committed.

    arguments: JSON values (ids, not objects). key: names the work, so that asking again does not do it again: the row
    that is there is returned, and set going again if it had failed or was cancelled. run_after: not before this time.
    Raises LookupError for an unknown kind.
    """
    if kind not in _handlers:
        raise LookupError(f"Nobody has registered to do “{kind}”.")
    values = {
        "kind": kind,
        "arguments": dict(arguments or {}),
        "asked_by_id": asked_by.pk if asked_by is not None else None,
        "run_after": run_after or timezone.now(),
    }
    if key is None:
        return Job.objects.create(**values)
    job = Job(key=key, **values)
    if insert([job], unique=["key"]):
        return job
    job = Job.objects.get(key=key)
    if job.status in Job.GIVEN_UP:
        again = {**values, "status": Job.Status.WAITING, "tries": 0, "error": "", "ended": None, "done": 0, "total": 0}
        Job.objects.filter(pk=job.pk, status__in=Job.GIVEN_UP).update(**again)
        job.refresh_from_db()
    return job


@transaction.atomic
def cancel(job: Job, *, by: AbstractBaseUser) -> None:
    """Give up work that waits or runs. Its worker hears of it at its next `progress`, at the latest at the end; what it
    has committed stays. Raises Refused when the work has ended."""
    stopped = Job.objects.filter(pk=job.pk, status__in=Job.OPEN)
    if not stopped.update(status=Job.Status.CANCELLED, ended=timezone.now(), leased_until=None):
        raise Refused(_("This work has ended already."), _("Nothing was cancelled."))
    audit.record_change(actor=by, code="operations.job-cancelled", obj=job, after={"work": job.kind})


# --- doing ----------------------------------------------------------------------------------------------------------


class Lost(Exception):
    """The job is no longer this worker's: it was cancelled, or taken up by another one after too long a silence."""


@dataclass
class Work:
    """A claimed job in the hands of its handler."""

    id: UUID
    kind: str
    arguments: dict[str, Any]
    asked_by_id: Any
    tries: int
    claim: UUID
    _done: int = 0
    _total: int = 0
    _lost: bool = False
    _written: float = field(default_factory=time.monotonic)

    def progress(self, done: int, total: int) -> None:
        """Say how far the work is; written at most once a second. Raises Lost: stop, the job is no longer ours."""
        self._done, self._total = done, total
        if self._lost:  # the heartbeat found out
            raise Lost(f"Job {self.id} was cancelled or taken up by another worker.")
        # Within the handler's own transaction it would show only after the commit: the heartbeat writes it then.
        if not connection.in_atomic_block and (done >= total or time.monotonic() - self._written >= 1):
            self.beat()

    def beat(self) -> None:
        """Keep the claim. Raises Lost."""
        self._written = time.monotonic()
        if not self._mine().update(done=self._done, total=self._total, leased_until=timezone.now() + LEASE):
            self._lost = True
            raise Lost(f"Job {self.id} was cancelled or taken up by another worker.")

    def _mine(self) -> QuerySet[Job]:
        return Job.objects.filter(pk=self.id, status=Job.Status.RUNNING, claim=self.claim)


def work(*, once: bool = False, stop: threading.Event | None = None, poll: float = POLL) -> int:
    """Do the jobs that are due, oldest first; with `once` until none is left, else until `stop` is set.

    `stop` ends the loop after the job in hand. Any number of workers may run. Returns the number of jobs done or failed.
    """
    stop = stop or threading.Event()
    count = 0
    while not stop.is_set():
        if not once and maintenance.is_on(settings.DATA_DIR):
            connections.close_all()  # whoever exchanges the data waits until nobody has them open
            stop.wait(poll / 4)
            continue
        try:
            found = work_one()
        except Error:
            # The database may be restarting or busy: the queue waits, a worker does not die of it.
            log.exception("The queue could not be read.")
            if once:
                raise
            connection.close()
            found = False
        if found:
            count += 1
        elif once:
            break
        else:
            stop.wait(poll)
    return count


def work_one() -> bool:
    """Do the next job that is due; False when there is none."""
    clock.look_now_and_then()
    _ask_for_periodic()
    job = claim()
    if job is None:
        return False
    run(job)
    if not connection.in_atomic_block:
        close_old_connections()
    return True


def claim() -> Work | None:
    """Take the next job that is due, or whose worker has died. One query while there is nothing to do, else 3."""
    now = timezone.now()
    due = Job.objects.filter(
        Q(status=Job.Status.WAITING, run_after__lte=now) | Q(status=Job.Status.RUNNING, leased_until__lt=now)
    ).order_by("run_after", "created")
    if clock.doubt():
        due = due.exclude(kind__in=_dated)
    while due.exists():  # outside a transaction: on SQLite, one would take the only writer's place
        with transaction.atomic():
            job = due.select_for_update(skip_locked=True).first()
            if job is None:  # other workers have them
                return None
            if job.tries < TRIES:
                tries, mark = job.tries + 1, uuid4()
                Job.objects.filter(pk=job.pk).update(
                    status=Job.Status.RUNNING, leased_until=now + LEASE, done=0, total=0, tries=tries, claim=mark
                )
                return Work(job.pk, job.kind, job.arguments, job.asked_by_id, tries=tries, claim=mark)
            # It took its worker down every time.
            outcome = _failure(_("The work was interrupted %(tries)d times and was given up.") % {"tries": job.tries})
            Job.objects.filter(pk=job.pk).update(**outcome, leased_until=None)
    return None


def run(job: Work) -> None:
    """Do one claimed job and write how it ended."""
    with _heartbeat(job):
        try:
            handler = _handlers.get(job.kind)
            if handler is None:
                raise Refused(_("Nobody knows how to do this work (%(kind)s).") % {"kind": job.kind})
            result = handler(job)
            json.dumps(result)  # fails here, not when the outcome is written
        except Lost as lost:
            log.warning("%s", lost)
            return
        except Refused as refused:  # a rule does not change its mind
            outcome = _failure(refused.sentence)
        except Exception as error:
            log.exception("Job %s (%s), try %s", job.id, job.kind, job.tries)
            sentence = _("The work stopped on an unexpected error: %(error)s") % {
                "error": f"{type(error).__name__}: {error}"
            }
            if fault_of(error):  # a full disk, a dead service: not the work's fault, it waits until they are back
                outcome = {**_again(sentence, len(BACK_OFF)), "tries": job.tries - 1}
            else:
                outcome = _failure(sentence) if job.tries >= TRIES else _again(sentence, job.tries)
        else:
            outcome = {"status": Job.Status.DONE, "result": result, "error": "", "ended": timezone.now()}
    if not job._mine().update(**outcome, done=job._done, total=job._total, leased_until=None):
        log.warning("Job %s was cancelled or taken up by another worker.", job.id)


def _failure(sentence: str) -> dict[str, Any]:
    return {"status": Job.Status.FAILED, "error": sentence, "ended": timezone.now()}


def _again(sentence: str, tries: int) -> dict[str, Any]:
    pause = BACK_OFF[min(tries, len(BACK_OFF)) - 1]
    return {"status": Job.Status.WAITING, "error": sentence, "run_after": timezone.now() + pause}


@contextmanager
def _heartbeat(job: Work) -> Iterator[None]:
    """Keep the claim from a thread of its own, with its own connection, while the handler works."""
    ended = threading.Event()

    def beat() -> None:
        try:
            while not ended.wait(HEARTBEAT.total_seconds()):
                try:
                    job.beat()
                except Lost:
                    return
                except Error:
                    log.warning("The claim of job %s could not be renewed this time.", job.id, exc_info=True)
        finally:
            connections.close_all()

    thread = threading.Thread(target=beat, name=f"heartbeat-{job.id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


# --- from time to time ----------------------------------------------------------------------------------------------

_asked: dict[str, str] = {}  # kind: the key of the interval that this process has asked for


def _ask_for_periodic() -> None:
    """Ask for the periodic work of the current intervals. Two queries for each interval that begins, else none."""
    now = int(timezone.now().timestamp())
    doubtful = clock.doubt()
    for kind, every in _periodic.items():
        if doubtful and kind in _dated:
            continue
        seconds = int(every.total_seconds())
        begin = datetime.fromtimestamp(now - now % seconds, UTC)
        key = f"{kind}@{begin:%Y-%m-%dT%H:%M:%SZ}"
        if _asked.get(kind) != key:
            ask(kind, key=key)
            _asked[kind] = key


def bring_back(now: datetime) -> None:
    """A clock that stood far ahead has come back: what was put off until a moment of that time is due now. At every
    look at a clock that is believed; 2 queries."""
    waiting = Job.objects.filter(status=Job.Status.WAITING)
    far = Q(created__gt=now + clock.TOLERANCE) | Q(tries__gt=0, run_after__gt=now + max(BACK_OFF) + clock.TOLERANCE)
    waiting.filter(far, run_after__gt=now).update(run_after=now)
    held = Job.objects.filter(status=Job.Status.RUNNING, leased_until__gt=now + LEASE + clock.TOLERANCE)
    held.update(leased_until=now + LEASE)


def tidy_periodic() -> None:
    """Delete periodic work that went well, one day after."""
    periodic_work = Job.objects.filter(kind__in=_periodic, key__contains="@", status=Job.Status.DONE)
    periodic_work.filter(ended__lt=timezone.now() - KEEP_PERIODIC).delete()


def forget_jobs(before: datetime) -> int:
    """Delete jobs that ended before that moment; returns how many."""
    return Job.objects.filter(ended__lt=before).delete()[0]
