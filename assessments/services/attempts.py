"""Attempts: begun once, saved as answers are given, handed in exactly once, closed when their time is over.

Locks are always taken in the order enrolment, attempt.
"""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal, cast
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments import drawing, kinds, queries
from assessments.kinds.base import shuffled
from assessments.models import Attempt, AttemptItem, Question, Quiz, Reread, Use
from assessments.outcome import statements_of
from assessments.scoring import Result, result, rounded_down, shown_score
from assessments.series import GRACE, Standing, is_over, standing_of, went_back
from courses import rules
from courses.models import Enrolment
from courses.services import (
    effective_outline,
    locked_enrolment,
    note_begun,
    note_outcome,
    progress_of,
    record_outcome,
)
from operations import clock
from operations.errors import Refused
from operations.notify import notify
from operations.prepared import Prepared, insert, write
from people.models import User
from records.services import key_for
from records.statements import build
from records.verbs import Verb

log = logging.getLogger(__name__)


# --- beginning ------------------------------------------------------------------------------------------------------


@transaction.atomic
def start_attempt(*, enrolment: Enrolment, quiz: Quiz, now: datetime | None = None, seen: int | None = None) -> Attempt:
    """Begin an attempt, or give the one that is running: pressing twice, or in two tabs, begins one.

    seen: how many attempts there were when the page with the button was shown; a page that is older than the last
    attempt begins nothing. A running attempt whose time is over is closed and given as it is.
    Raises Refused: with the reason, the date and the way out.
    """
    now = now or clock.now()
    held = _held(enrolment)
    if held.status == Enrolment.Status.WITHDRAWN or held.user is None:
        raise Refused(_("You are no longer enrolled in this course."), _("Enrol again on the course page."))
    extra = queries.extra_of(held.user_id, quiz)
    standing = standing_of(quiz, queries.attempts_of(held, quiz), extra=extra.attempts)
    if standing.running is not None:
        return keep_time(attempt=standing.running, now=now)
    progress = progress_of(held)
    outline = effective_outline(held, progress=progress)
    entry = rules.find(outline, key=quiz.key)
    if entry is None:
        raise Refused(_("This step is not part of your course."), _("Go back to the outline of the course."))
    if reason := rules.shut(outline, progress, entry):
        raise Refused(reason)
    if standing.passed is not None:
        raise Refused(_("You have passed this assessment: nothing more is asked of you."))
    if seen is not None and seen != standing.count:
        raise Refused(_("This page was older than your last try."), _("Look at the result first."))
    series, number = standing.series, standing.used + 1
    if standing.exhausted:
        _refuse_until_open(held, quiz, standing, outline, now)
        series, number = standing.series + 1, 1
    seed = secrets.randbits(62)
    questions = _draw(quiz, held.user, seed)
    minutes = None if quiz.time_limit is None else quiz.time_limit + extra.minutes
    try:
        with transaction.atomic():
            attempt = Attempt(
                enrolment=held,
                quiz=quiz,
                series=series,
                number=number,
                seed=seed,
                started=now,
                deadline=None if minutes is None else now + timedelta(minutes=minutes),
                pass_mark=outline["pass_mark"] if quiz.use == Use.EXAM else None,
                maximum=len(questions),
            )
            insert([attempt])
    except IntegrityError:  # another request was quicker
        return Attempt.objects.get(enrolment=held, quiz=quiz, status=Attempt.Status.RUNNING)
    insert(
        [
            AttemptItem(attempt=attempt, position=position, version_id=cast(int, question.current_id))
            for position, question in enumerate(questions, 1)
        ]
    )
    note_begun(held, activity=quiz.key)
    return attempt


def _refuse_until_open(held: Enrolment, quiz: Quiz, standing: Standing, outline: rules.Outline, now: datetime) -> None:
    lessons = queries.to_reread(queries.lessons_by_objective(quiz.course_id, outline, standing.missed))
    done = queries.reread_keys(held, quiz, standing.series)
    waits = standing.opens_on is not None and timezone.localdate(now) < standing.opens_on
    unread = [entry for entry in lessons if entry["key"] not in done]
    if not waits and not unread:
        return
    used = ngettext("You have used your try.", "You have used your %(count)d tries.", standing.used) % {
        "count": standing.used
    }
    day = date_format(standing.opens_on) if standing.opens_on else ""
    if waits and unread:
        opens = _("New tries open on %(date)s, once you have read the lessons to review again.") % {"date": day}
    elif waits:
        opens = _("New tries open on %(date)s.") % {"date": day}
    else:
        opens = _("New tries open as soon as you have read the lessons to review again.")
    raise Refused(f"{used} {opens}")


def _draw(quiz: Quiz, person: User, seed: int) -> list[Question]:
    if quiz.use == Use.EXAM:
        bank = {question.slug: question for question in _bank(quiz.course_id)}
        seen = Counter(item.version.question_id for item in _seen(quiz.pk, person.pk))
        pool = [(slug, question.objective) for slug, question in bank.items()]
        try:
            slugs = drawing.draw(quiz.blueprint, pool, seen, seed, shuffle=quiz.shuffle)
        except drawing.PoolTooSmall as shortage:
            log.error("The bank of quiz %s is too small: %s", quiz.key, shortage)
            slugs = []
    else:
        bank = {question.slug: question for question in queries.practice_questions(quiz).order_by("position", "slug")}
        slugs = shuffled(bank, seed) if quiz.shuffle else list(bank)
    if not slugs:
        raise Refused(
            _("This quiz does not have enough questions at the moment."), _("Please tell the owner of the course.")
        )
    return [bank[slug] for slug in slugs]


_bank = Prepared(
    lambda course: Question.objects.filter(course=course, use=Use.EXAM, retired=False, current__isnull=False), int
)
_seen = Prepared(
    lambda quiz, person: (
        AttemptItem.objects.filter(attempt__quiz=quiz, attempt__enrolment__user=person)
        .select_related("version")
        .only("version__question")
    ),
    int,
    int,
)


# --- answering ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of answers that were sent.

    saved: what was new is kept. blank: nothing was given where an answer is kept already; it stays.
    frozen: nothing is kept while the attempt stands still (`services.freezing`).
    over: the time was over; what had been saved before is handed in. closed: the attempt was handed in before.
    """

    outcome: Literal["saved", "blank", "over", "closed", "frozen"]
    attempt: Attempt
    answered: int = 0  # answers handed in, where the attempt is closed


def save_answers(
    *,
    person: User,
    attempt: UUID,
    data: Mapping[str, Any],
    positions: Collection[int] | None = None,
    flagged: bool | None = None,
    clear: int | None = None,
    now: datetime | None = None,
) -> Saved:
    """Keep what a form gives for the questions at `positions` (default: all), as it was given.

    A blank never erases an answer; `clear` names the position whose answer the person takes back. What the form only
    shows (the field `mark_of` says so) changes nothing, so that an old tab undoes no newer answer.
    Raises LookupError where the person has no such attempt or question.

    SQL: 1 read and 1 write (2 where several answers and a clearing come together); more only when the time is over.
    """
    now = now or clock.now()
    saved = _save(person, attempt, data, positions, flagged, clear, now)
    if saved.outcome == "over":
        # Outside that transaction, for the order of locks.
        closed = submit(attempt=saved.attempt, now=now)
        return replace(saved, attempt=closed, answered=answered_in(closed))
    if saved.outcome == "closed":
        return replace(saved, answered=answered_in(saved.attempt))
    return saved


@transaction.atomic
def _save(
    person: User,
    attempt: UUID,
    data: Mapping[str, Any],
    positions: Collection[int] | None,
    flagged: bool | None,
    clear: int | None,
    now: datetime,
) -> Saved:
    # One query that also locks the attempt: no answer slips in while it is being handed in.
    if positions is not None and len(positions) == 1:
        items = _asked_one(attempt, person.pk, *positions)
    else:
        found = _asked(attempt, person.pk)
        items = list(found if positions is None else found.filter(position__in=positions))
    if not items:
        raise LookupError(f"No question of attempt {attempt} is there for this person.")
    row = items[0].attempt
    if row.status != Attempt.Status.RUNNING:
        return Saved("closed", row)
    if row.frozen is not None:
        return Saved("frozen", row)
    if is_over(row, now):
        return Saved("over", row)
    if went_back(row, now):
        _move_time(row, now)
    given, touched, blank = [], [], False
    for item in items:
        if item.score is not None:  # checked already: its answer stands
            continue
        question = item.version.question
        answer = kinds.parse(question.kind, item.version.body, data, question.slug)
        if item.position == clear:
            item.answer, item.answered_at = None, None
            touched.append(item)
        elif answer is None:
            blank = blank or item.answer is not None
        elif answer != item.answer and data.get(f"_seen.{question.slug}") != mark_of(answer):
            item.answer, item.answered_at = answer, now
            given.append(item)
        if flagged is not None and item.flagged != flagged:
            item.flagged = flagged
            if item not in given and item not in touched:
                touched.append(item)
    if len(given) > 1:
        AttemptItem.objects.bulk_update(given, ["answer", "answered_at", "flagged"])
    else:
        touched += given
    for item in touched:
        item.save(update_fields=["answer", "answered_at", "flagged"])
    return Saved("blank" if blank and not given and not touched else "saved", row)


def _asked(attempt: UUID, person: int) -> QuerySet[AttemptItem]:
    return (
        AttemptItem.objects.select_for_update(of=("attempt",))
        .select_related("attempt__quiz", "attempt__enrolment", "version__question")
        .filter(attempt=attempt, attempt__enrolment__user=person)
    )


_asked_one = Prepared(
    lambda attempt, person, position: _asked(attempt, person).filter(position=position), UUID, int, int
)


def mark_of(answer: Any) -> str:
    """A short fingerprint of an answer, for the hidden field that says which answer a form showed."""
    text = json.dumps(answer, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def answered_in(attempt: Attempt) -> int:
    """How many questions of an attempt have an answer."""
    return AttemptItem.objects.filter(attempt=attempt, answered_at__isnull=False).count()


def check_answer(
    *, person: User, attempt: UUID, position: int, data: Mapping[str, Any], now: datetime | None = None
) -> Saved:
    """Save everything the form gives, then settle one practice question: its feedback may be shown, its answer stands.

    Raises Refused without an answer, and for a final assessment; LookupError like `save_answers`.
    """
    saved = save_answers(person=person, attempt=attempt, data=data, now=now)
    if saved.outcome in ("over", "closed", "frozen"):
        return saved
    if saved.attempt.quiz.use != Use.PRACTICE:
        raise Refused(_("In the final assessment, feedback comes after you have handed in."))
    with transaction.atomic():
        Attempt.objects.select_for_update(of=("self",)).get(pk=attempt)
        found = AttemptItem.objects.select_related("version__question").filter(attempt=attempt, position=position)
        item = found.first()
        if item is None:
            raise LookupError(f"Attempt {attempt} has no question {position}.")
        kind = item.version.question.kind
        if not kinds.is_answered(kind, item.answer):
            raise Refused(_("Give an answer to this question first, then check it."))
        if item.score is None:
            item.score = shown_score(kinds.grade(kind, item.version.body, item.answer).score)
            item.save(update_fields=["score"])
    return saved


def still_frozen() -> str:
    """Why a frozen attempt takes nothing."""
    return _("Your time stands still: read first who made the code that opened your account.")


# --- time -----------------------------------------------------------------------------------------------------------


def keep_time(*, attempt: Attempt, now: datetime | None = None) -> Attempt:
    """The attempt as it stands now: closed where its time is over, its time moved where the clock went back."""
    now = now or clock.now()
    if attempt.status != Attempt.Status.RUNNING:
        return attempt
    if is_over(attempt, now):
        return submit(attempt=attempt, now=now)
    if went_back(attempt, now):
        with transaction.atomic():
            row = Attempt.objects.select_for_update(of=("self",)).get(pk=attempt.pk)
            if row.status == Attempt.Status.RUNNING and went_back(row, now):
                _move_time(row, now)
            attempt.started, attempt.deadline = row.started, row.deadline
    return attempt


def _move_time(row: Attempt, now: datetime) -> None:
    """The clock stands before the start: move start and deadline together, so that what was left when the last answer
    was saved is left now. A clock set back can thus give at most the limit once more, and takes nothing away."""
    if row.deadline is None:
        return
    saved = AttemptItem.objects.filter(attempt=row, answered_at__range=(row.started, row.deadline + GRACE))
    latest = saved.aggregate(latest=Max("answered_at"))["latest"] or row.started
    back = latest - now
    row.started, row.deadline = row.started - back, row.deadline - back
    row.save(update_fields=["started", "deadline"])


def close_overdue(*, now: datetime | None = None) -> int:
    """Close the attempts whose time is over; gives how many. Each in a transaction of its own; can run twice."""
    now = now or clock.now()
    closed = 0
    late = Attempt.objects.filter(status=Attempt.Status.RUNNING, frozen=None, deadline__lt=now - GRACE)
    for attempt in list(late.order_by("deadline")):
        try:
            submit(attempt=attempt, now=now)
            closed += 1
        except Exception:  # one that cannot be closed must not keep the others open
            log.exception("Attempt %s could not be closed.", attempt.pk)
    return closed


# --- handing in -----------------------------------------------------------------------------------------------------


@transaction.atomic
def submit(*, attempt: Attempt, now: datetime | None = None) -> Attempt:
    """Hand in the stored answers: grade, write the result, record it and apply the course's rule. Exactly once: a
    second call gives the attempt as it is.

    Past the deadline and its grace the attempt is closed by time, as of the deadline, whenever that is noticed.
    """
    now = now or clock.now()
    held = _held(attempt.enrolment_id)
    (row,) = _locked(attempt.pk)
    row.enrolment = held
    if row.status != Attempt.Status.RUNNING:
        return row
    if row.frozen is not None:
        raise Refused(still_frozen())
    by_time = is_over(row, now)
    row.status = Attempt.Status.SUBMITTED
    row.closed_by = Attempt.ClosedBy.TIME if by_time else Attempt.ClosedBy.PERSON
    row.submitted = row.deadline if by_time else max(now, row.started)
    items = queries.items_of(row)
    graded, outcome = settle(row=row, items=items)
    write(items, ["score"])
    write([row], ["status", "closed_by", "submitted", "points", "passed", "results"])
    # Who has left the course keeps the result of the attempt; nothing more is recorded for the course.
    if held.status != Enrolment.Status.WITHDRAWN and held.user is not None:
        note_outcome(
            held, activity=row.quiz.key, statements=statements_of(row, graded, outcome, actor=key_for(held.user))
        )
    if by_time and held.user is not None:
        notify(
            held.user,
            "assessments.closed-by-time",
            context={"code": held.course.code},
            url=reverse("attempt-result", args=[row.pk]),
            key=f"closed {row.pk}",
        )
    return row


_locked = Prepared(
    lambda attempt: Attempt.objects.select_for_update(of=("self",)).select_related("quiz").filter(pk=attempt), UUID
)


def settle(*, row: Attempt, items: Sequence[AttemptItem]) -> tuple[list[tuple[AttemptItem, kinds.Grade]], Result]:
    """Grade the items and write scores and result onto these rows, without saving any. No query: the enrolment with
    its outline and course, the quiz and the questions are there already."""
    graded = [(item, kinds.grade(item.version.question.kind, item.version.body, item.answer)) for item in items]
    for item, grade in graded:
        item.score = shown_score(grade.score)
    # Practice has no pass mark of its own; the course's says which objectives to review.
    held = row.enrolment
    mark = row.pass_mark if row.pass_mark is not None else held.outline.outline.get("pass_mark", held.course.pass_mark)
    by_objective = sorted(graded, key=lambda pair: pair[0].version.question.objective)
    outcome = result([(item.version.question.objective, grade.score) for item, grade in by_objective], mark)
    row.points = rounded_down(outcome.total.points, 2)
    row.passed = outcome.passed if row.quiz.use == Use.EXAM else None
    row.results = [
        {
            "objective": line.objective,
            "points": str(rounded_down(line.points, 2)),
            "maximum": line.count,
            "reached": line.reached,
        }
        for line in outcome.objectives
    ]
    return graded, outcome


# --- reading again --------------------------------------------------------------------------------------------------


@transaction.atomic
def mark_reread(*, enrolment: Enrolment, quiz: Quiz, activity: UUID, now: datetime | None = None) -> bool:
    """Keep that a lesson was read again after a series without success; gives whether it is new.

    Raises Refused where the lesson is not among those to review.
    """
    now = now or clock.now()
    held = _held(enrolment)
    extra = queries.extra_of(held.user_id, quiz)
    standing = standing_of(quiz, queries.attempts_of(held, quiz), extra=extra.attempts)
    if not standing.exhausted:
        return False
    outline = effective_outline(held, progress=progress_of(held))
    lessons = queries.to_reread(queries.lessons_by_objective(quiz.course_id, outline, standing.missed))
    if held.user is None or str(activity) not in {entry["key"] for entry in lessons}:
        raise Refused(_("This lesson is not among those to read again."))
    _row, made = Reread.objects.get_or_create(
        enrolment=held, quiz=quiz, series=standing.series, activity=activity, defaults={"done": now}
    )
    if made:
        again = build(
            actor=key_for(held.user), verb=Verb.EXPERIENCED, activity=activity, registration=held.pk, when=now,
            parent=held.course.key,
        )  # fmt: skip
        record_outcome(enrolment=held, activity=activity, statements=[again])
    return made


def _held(enrolment: Enrolment | UUID) -> Enrolment:
    """The enrolment, locked until the end of the transaction, with its course, outline and person."""
    return locked_enrolment(enrolment.pk if isinstance(enrolment, Enrolment) else enrolment)
