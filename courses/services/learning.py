"""Every write of the courses room that a person or a rule makes: enrolling, learning, the notebook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from courses import rules
from courses.access import may_enrol_alone
from courses.models import (
    Activity,
    ActivityProgress,
    ActivityText,
    Course,
    CourseText,
    Enrolment,
    Note,
    OutlineVersion,
)
from courses.queries.shared import progress_rows
from courses.signals import course_completed, enrolled
from operations import clock
from operations.errors import Refused
from operations.prepared import Prepared
from people.checks import allowed
from people.models import User
from people.policy import Capability
from records.projection import counting
from records.services import key_for, record
from records.statements import build
from records.verbs import Verb

NOTE_LENGTH = 10_000


class PrerequisitesMissing(Refused):
    """Other courses come first: `courses` names them, as (code, title)."""

    def __init__(self, courses: Sequence[tuple[str, str]]) -> None:
        names = _(" and ").join(f"“{title}”" for _code, title in courses)
        super().__init__(
            ngettext(
                "Before this course, please complete %(courses)s.",
                "Before this course, please complete these courses: %(courses)s.",
                len(courses),
            )
            % {"courses": names}
        )
        self.courses = list(courses)


# --- enrolment ------------------------------------------------------------------------------------------------------


@transaction.atomic
def enrol(*, user: User, course: Course, origin: str = Enrolment.Origin.SELF, actor: User | None = None) -> Enrolment:
    """Enrol a person; pressing twice, or in two tabs, gives the same enrolment. After completion it is a renewal.

    `actor`: who assigns the person; None for the machine, and where the person enrols alone.
    Raises Refused (PrerequisitesMissing) with the reason in words: a person who enrols alone must see the course, and
    be confirmed to belong to its audience where the course is for an audience, or restricted; an actor must answer for
    the person.
    """
    if actor is not None and actor.pk != user.pk:
        allowed(actor, Capability.ENROL_OTHERS, user)
    if (open_one := _open_enrolment(user, course)) is not None:
        return open_one
    if origin == Enrolment.Origin.SELF and not (
        course.open_for_enrolment and Course.objects.visible_to(user).filter(pk=course.pk).exists()
    ):
        raise Refused(
            _("This course does not take enrolments at the moment."), _("Choose another course in the catalogue.")
        )
    if origin == Enrolment.Origin.SELF:
        may_enrol_alone(user, course)
    if missing := missing_prerequisites(user=user, course=course):
        raise PrerequisitesMissing(missing)
    outline = OutlineVersion.objects.filter(course=course).order_by("-number").first()
    if outline is None or next(rules.steps(outline.outline), None) is None:
        raise Refused(_("This course has no lessons yet."), _("Choose another course in the catalogue."))
    try:
        with transaction.atomic():
            enrolment = Enrolment.objects.create(user=user, course=course, outline=outline, origin=origin)
    except IntegrityError:  # another request was quicker
        found = _open_enrolment(user, course)
        if found is None:
            raise
        return found
    _record(enrolment, Verb.REGISTERED, course.key)
    enrolled.send(sender=Enrolment, enrolment=enrolment)
    return enrolment


def _open_enrolment(user: User, course: Course) -> Enrolment | None:
    return Enrolment.objects.filter(user=user, course=course, status=Enrolment.Status.ACTIVE).first()


def missing_prerequisites(*, user: User, course: Course) -> list[tuple[str, str]]:
    """(code, title) of the courses that come first and that the person has not completed."""
    done = Enrolment.objects.filter(user=user, status=Enrolment.Status.COMPLETED).values("course")
    missing = Course.objects.filter(opens=course).exclude(pk__in=done)
    titles: dict[str, str] = {}
    for text in CourseText.objects.filter(course__in=missing).select_related("course").defer("folded"):
        if text.course.code not in titles or text.language == get_language():
            titles[text.course.code] = text.title
    return [(course.code, titles.get(course.code, course.code)) for course in missing]


@transaction.atomic
def withdraw(*, enrolment: Enrolment) -> None:
    """Leave a course. The record and the notes stay; a person may enrol again and begins a new enrolment.

    Raises Refused where the course is completed. A second time changes nothing.
    """
    held = _held(enrolment)
    if held.status == Enrolment.Status.COMPLETED:
        raise Refused(_("You have completed this course: there is nothing to leave."))
    if held.status == Enrolment.Status.ACTIVE:
        _record(held, Verb.LEFT, held.course.key)
    enrolment.status = Enrolment.Status.WITHDRAWN


# --- learning -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an act changed: `changed` is false for a repeat; `completed` says that the course is completed by it."""

    changed: bool
    completed: bool


@transaction.atomic
def open_activity(*, enrolment: Enrolment, activity: UUID, revision: int | None = None) -> bool:
    """Note that a person has begun an activity; once, however often it is opened. Gives whether it is new.

    Raises Refused where the person has left the course or the activity is not part of it.
    """
    return note_begun(_held(enrolment), activity=activity, revision=revision)


def note_begun(held: Enrolment, *, activity: UUID, revision: int | None = None) -> bool:
    """`open_activity` within the transaction of who holds the enrolment (`locked_enrolment`)."""
    _entry(held, activity)
    if activity in progress_of(held):
        return False
    _record(held, Verb.INITIALIZED, activity, revision=revision)
    return True


@transaction.atomic
def complete_lesson(
    *, enrolment: Enrolment, activity: UUID, revision: int | None = None, when: datetime | None = None
) -> Outcome:
    """Record the learner's own "I have finished". Repeating it changes nothing.

    Raises Refused where the person has left the course, the lesson is not part of it, or the step is finished by
    something else than saying so.
    """
    held = _held(enrolment)
    entry = _entry(held, activity)
    if entry["rule"] != rules.DECLARED:
        raise Refused(_("This step is not finished by saying so."))
    done = ActivityProgress.objects.filter(enrolment=held, activity=activity, status=ActivityProgress.Status.COMPLETED)
    if done.exists():
        return Outcome(changed=False, completed=False)
    _record(
        held,
        Verb.COMPLETED,
        activity,
        revision=revision,
        completion=True,
        rule={"name": rules.DECLARED, "version": held.outline.number, "inputs": {}},
        when=when,
    )
    return Outcome(changed=True, completed=_evaluate(held))


@transaction.atomic
def record_outcome(*, enrolment: Enrolment, activity: UUID, statements: Sequence[Mapping[str, Any]]) -> Outcome:
    """Record what another room has decided about one activity of an enrolment, then apply the course's rule.

    statements: as `records.statements.build` makes them, with the enrolment's id as registration and, for the outcome
    itself, the activity's key as object: `completed` (with a score, where there is one) finishes a practice quiz or a workshop;
    `passed` and `failed` (with a score) are the outcome of an assessment, and only `passed` finishes it. `answered`
    statements and the like may come along. Repeats count once.

    Raises Refused where the person has left the course or the activity is not part of it.
    """
    return note_outcome(_held(enrolment), activity=activity, statements=statements)


def note_outcome(held: Enrolment, *, activity: UUID, statements: Sequence[Mapping[str, Any]]) -> Outcome:
    """`record_outcome` within the transaction of who holds the enrolment (`locked_enrolment`)."""
    _entry(held, activity)
    record(statements)
    return Outcome(changed=True, completed=_evaluate(held))


@transaction.atomic
def evaluate(*, enrolment: Enrolment) -> bool:
    """Apply the course's rule; where everything is done, record `satisfied` with the rule's version and its inputs, and
    tell the rooms above. Gives whether the course is completed by this call."""
    return _evaluate(_held(enrolment))


def _evaluate(held: Enrolment) -> bool:
    if held.status != Enrolment.Status.ACTIVE:
        return False
    decided = decide(held)
    if decided is None:
        return False
    statement, evidence = decided
    record([statement])
    now = locked_enrolment(held.pk)
    held.status, held.score, held.completed_at = now.status, now.score, now.completed_at
    course_completed.send(sender=Enrolment, enrolment=held, evidence=evidence)
    return True


def decide(held: Enrolment, *, when: datetime | None = None) -> tuple[dict[str, Any], list[dict[str, Any]]] | None:
    """What the course's rule says of an active enrolment as its progress stands: the statement `satisfied`, not yet
    recorded, and its evidence; None where something is left to do."""
    progress = progress_of(held)
    outline = effective_outline(held, progress=progress)
    if not rules.is_complete(outline, progress):
        return None
    evidence = _evidence(held, outline, progress)
    scores = [
        row.score for code, rows in _rows_by_condition(outline, progress) if code == "assessment-passed" for row in rows
    ]
    statement = _statement(
        held,
        Verb.SATISFIED,
        held.course.key,
        success=True,
        completion=True,
        score=min((score for score in scores if score is not None), default=None),
        rule={
            "name": rules.COURSE,
            "version": held.outline.number,
            "inputs": {item["code"]: {"statement": item["statement"], **item["facts"]} for item in evidence},
        },
        when=when,
    )
    return statement, evidence


def _rows_by_condition(outline: rules.Outline, progress: rules.Progress) -> list[tuple[str, list[ActivityProgress]]]:
    return [
        (code, [progress[rules.key_of(entry)] for entry in entries]) for code, entries in rules.groups(outline).items()
    ]


def _evidence(held: Enrolment, outline: rules.Outline, progress: rules.Progress) -> list[dict[str, Any]]:
    """One item per condition: its code, the statement that met it last, and the numbers of its sentence."""
    by_activity = {row.activity: row for row in _finishing(held.pk)}
    evidence = []
    for condition in rules.conditions(held, outline, progress):
        entries = rules.groups(outline)[condition.code]
        shown = [row for entry in entries if (row := by_activity.get(f"urn:uuid:{entry['key']}")) is not None]
        last = max(shown, key=lambda row: row.timestamp, default=None)
        evidence.append(
            {
                "code": condition.code,
                "statement": str(last.id) if last else None,
                "facts": dict(condition.facts),
            }
        )
    return evidence


_finishing = Prepared(
    lambda registration: (
        counting()
        .filter(registration=registration, verb__in=[Verb.COMPLETED, Verb.PASSED])
        .order_by("timestamp")
        .only("id", "activity", "timestamp")
    ),
    UUID,
)


def progress_of(enrolment: Enrolment) -> dict[UUID, ActivityProgress]:
    """The progress rows of an enrolment by activity. One query."""
    return {row.activity: row for row in progress_rows(enrolment.pk)}


def effective_outline(enrolment: Enrolment, *, progress: rules.Progress) -> rules.Outline:
    """The outline as it counts for this enrolment. One query; one more where its assessment was replaced."""
    retired = {activity.key for activity in _retired(enrolment.course_id)}
    pinned: rules.Outline = enrolment.outline.outline
    if not retired:
        return pinned
    completed = rules.completed_keys(progress)
    current = None
    if rules.lost_final(pinned, retired=retired, completed=completed):
        newest = OutlineVersion.objects.filter(course_id=enrolment.course_id).order_by("-number").first()
        current = newest.outline if newest else None
    return rules.effective(pinned, retired=retired, completed=completed, current=current)


_retired = Prepared(lambda course: Activity.objects.filter(course_id=course, retired=True).only("key"), int)


def _held(enrolment: Enrolment) -> Enrolment:
    return locked_enrolment(enrolment.pk)


def locked_enrolment(enrolment: UUID) -> Enrolment:
    """The enrolment, locked until the end of the transaction, with its course, outline and person."""
    found = _locked.first(enrolment)
    if found is None:
        raise Enrolment.DoesNotExist(f"There is no enrolment {enrolment}.")
    return found


_locked = Prepared(
    lambda enrolment: (
        Enrolment.objects.select_for_update(of=("self",))
        .select_related("course", "outline", "user")
        .filter(pk=enrolment)
    ),
    UUID,
)


def _entry(held: Enrolment, activity: UUID) -> rules.Entry:
    """The step of the enrolment's outline. Raises Refused."""
    if held.status == Enrolment.Status.WITHDRAWN or held.user is None:
        raise Refused(_("You are no longer enrolled in this course."), _("Enrol again on the course page."))
    entry = rules.find(held.outline.outline, key=activity)
    if entry is None:
        entry = rules.find(effective_outline(held, progress=progress_of(held)), key=activity)
    if entry is None:
        raise Refused(_("This step is not part of your course."), _("Go back to the outline of the course."))
    return entry


def _record(held: Enrolment, verb: Verb, activity: UUID, *, when: datetime | None = None, **details: Any) -> None:
    record([_statement(held, verb, activity, when=when, **details)])


def _statement(
    held: Enrolment, verb: Verb, activity: UUID, *, when: datetime | None = None, **details: Any
) -> dict[str, Any]:
    if held.user is None:
        raise Refused(_("You are no longer enrolled in this course."))
    is_course = activity == held.course.key
    return build(
        actor=key_for(held.user),
        verb=verb,
        activity=activity,
        registration=held.pk,
        parent=None if is_course else held.course.key,
        when=when or clock.now(),
        **details,
    )


# --- notebook -------------------------------------------------------------------------------------------------------


@transaction.atomic
def write_note(*, user: User, text: ActivityText, block: str, words: str, language: str) -> Note | None:
    """Keep a reflection, or erase it where `words` is empty. `text` is the lesson that holds the block.

    Raises Refused where the lesson has no such reflection or the text is too long.
    """
    question = next((item["question"] for item in text.facts.get("reflections", ()) if item["id"] == block), None)
    if question is None:
        raise Refused(_("This reflection is no longer part of the lesson."), _("Read the lesson again."))
    words = _tidy(words)
    mine = Note.objects.filter(user=user, activity=text.key, block=block)
    if not words:
        mine.delete()
        return None
    note, _created = Note.objects.update_or_create(
        user=user,
        activity=text.key,
        block=block,
        defaults={"course_id": text.course_id, "question": question, "text": words, "language": language},
    )
    return note


@transaction.atomic
def change_note(*, note: Note, words: str) -> None:
    """Replace the words of a note. Raises Refused where they are too long or empty."""
    words = _tidy(words)
    if not words:
        raise Refused(_("A note cannot be empty."), _("To remove it, choose “Delete”."))
    note.text = words
    note.save(update_fields=["text", "updated"])


@transaction.atomic
def delete_note(*, note: Note) -> None:
    """Erase a note for good."""
    note.delete()


def _tidy(words: str) -> str:
    words = words.replace("\r\n", "\n").replace("\0", "").strip()
    if len(words) > NOTE_LENGTH:
        raise Refused(
            _("This text is too long: %(length)d characters, where %(most)d are possible. Nothing was changed.")
            % {"length": len(words), "most": NOTE_LENGTH},
            _("Shorten it, or divide it between two reflections."),
        )
    return words
