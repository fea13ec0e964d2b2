"""Grading written work with its rubric: who reads takes it first, a draft is kept, what is given is decided by the rubric and
recorded. Graded again with a reason, the earlier decision is voided and stays to be read.

Locks are always taken in the order enrolment, submission.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments import rubrics
from assessments.models import Grading, Submission
from assessments.services.assignments import tidy
from courses import rules
from courses.models import ActivityProgress, Enrolment
from courses.services import locked_enrolment, note_outcome, progress_of
from operations import clock
from operations.audit import record_change
from operations.errors import Refused
from operations.notify import notify
from people.checks import allowed
from people.models import User
from people.policy import Capability
from records.services import key_for, void
from records.statements import build
from records.verbs import Verb

COMMENT_LENGTH = 4000
REASON_LENGTH = 500
REGRADED = "graded-again"  # why a statement is voided


# --- who reads ------------------------------------------------------------------------------------------------------


@transaction.atomic
def take(*, submission: Submission, actor: User, over: bool = False, now: datetime | None = None) -> Grading:
    """Read this work: nobody else grades it meanwhile. Gives the draft of the grading, kept where there was one.

    over: take it over from somebody who reads it. Raises Refused where the actor may not grade it, and where somebody
    else reads it.
    """
    row = _graded_by(submission, actor)
    if row.reader_id not in (None, actor.pk) and not over:
        raise Refused(_("Somebody else is reading this work at present."), _("Take it over if you have agreed so."))
    if row.reader_id != actor.pk:
        row.reader, row.reading_since = actor, now or clock.now()
        row.save(update_fields=["reader", "reading_since"])
    draft = row.gradings.filter(grader=actor, status=Grading.Status.DRAFT).first()
    if draft is None:
        draft = Grading.objects.create(submission=row, grader=actor, **_begun_from(row))
    return draft


def _begun_from(row: Submission) -> dict[str, Any]:
    """What a further grading begins with: what the last one said."""
    last = given_of(row)
    if last is None:
        return {}
    return {name: getattr(last, name) for name in ("scores", "comment", "strengths", "next_steps")}


@transaction.atomic
def give_back(*, submission: Submission, actor: User) -> None:
    """Read it no more; the draft is kept. A second time changes nothing."""
    Submission.objects.filter(pk=submission.pk, reader=actor).update(reader=None, reading_since=None)


# --- filling in -----------------------------------------------------------------------------------------------------


@transaction.atomic
def save_grading(
    *,
    grading: Grading,
    actor: User,
    scores: Mapping[str, Mapping[str, Any]],
    comment: str = "",
    strengths: str = "",
    next_steps: str = "",
    reason: str = "",
) -> Grading:
    """Keep what is filled in so far. scores: {criterion: {"level", "comment"}}; a level that is missing is not chosen yet.

    Raises Refused where the actor may not grade it or somebody else has taken it, for what is given already, and for
    levels that the rubric does not have.
    """
    row = _graded_by(grading.submission, actor)
    held = _own_draft(grading, row, actor)
    rubric = rubric_for(row)
    kept: dict[str, dict[str, Any]] = {}
    for criterion in rubric.criteria:
        said = scores.get(criterion.slug, {})
        level, words_of = said.get("level"), tidy(str(said.get("comment", "")))[:COMMENT_LENGTH]
        if level is not None and level not in [one.value for one in criterion.levels]:
            raise Refused(_("This level is not part of the rubric."), _("Choose one of those shown."))
        if level is not None or words_of:
            kept[criterion.slug] = ({"level": level} if level is not None else {}) | {"comment": words_of}
    held.scores = kept
    for name, text in (("comment", comment), ("strengths", strengths), ("next_steps", next_steps)):
        setattr(held, name, tidy(text)[:COMMENT_LENGTH])
    held.reason = " ".join(reason.split())[:REASON_LENGTH]
    held.save()
    return held


# --- deciding -------------------------------------------------------------------------------------------------------


@transaction.atomic
def give_grading(*, grading: Grading, actor: User, now: datetime | None = None) -> Grading:
    """Give the grading: decide by the rubric, record it, tell the learner. Exactly once: a second call gives it as it is.

    What was graded before is voided in the record and logged with old and new; a step that was finished stays finished.
    Raises Refused, with the names of what is missing, for a rubric that is half filled in, without strengths or next
    steps, and without a reason where the work was graded before.
    """
    row = _graded_by(grading.submission, actor)
    found = Grading.objects.get(pk=grading.pk)
    if found.status == Grading.Status.GIVEN:
        return found
    held = _own_draft(grading, row, actor)
    rubric = rubric_for(row)
    levels = levels_of(held)
    _whole(held, rubric, levels)
    before = given_of(row)
    if before is not None and not held.reason:
        raise Refused(
            _("This work was graded before."), _("Write the reason why it is graded again: the learner will read it.")
        )
    decision = rubrics.decide(rubric, levels)
    held.status, held.given = Grading.Status.GIVEN, now or clock.now()
    held.points, held.maximum, held.passed = decision.points, decision.maximum, decision.passed
    held.statement = uuid5(held.pk, "outcome")
    _record(row, held, before, decision, rubric)
    held.save()
    row.status, row.passed, row.reader, row.reading_since = Submission.Status.GRADED, decision.passed, None, None
    row.save(update_fields=["status", "passed", "reader", "reading_since"])
    _tell(row, held, before, actor)
    return held


def _whole(held: Grading, rubric: rubrics.RubricView, levels: Mapping[str, int]) -> None:
    missing = rubrics.unfilled(rubric, levels)
    if missing:
        raise Refused(
            ngettext("%(count)d criterion has no level yet.", "%(count)d criteria have no level yet.", len(missing))
            % {"count": len(missing)},
            "; ".join(missing),
        )
    if not held.strengths or not held.next_steps:
        raise Refused(
            _("Write at least one strength and one next step: the learner will read them."),
            _("What you have filled in is kept."),
        )


def _record(
    row: Submission,
    held: Grading,
    before: Grading | None,
    decision: rubrics.Decision,
    rubric: rubrics.RubricView,
) -> None:
    """Put the decision on record; what it takes the place of is voided, and what was finished stays so."""
    enrolment, key = row.enrolment, row.assignment.key
    assert enrolment.user is not None
    assert held.given is not None
    shared: dict[str, Any] = {
        "actor": key_for(enrolment.user),
        "activity": key,
        "registration": enrolment.pk,
        "parent": enrolment.course.key,
    }
    rule = {"name": rules.GRADED, "version": enrolment.outline.number}
    inputs = {"submission": str(row.pk), "grading": str(held.pk), "rubric": rubric.slug, "digest": rubric.digest}
    statements = [
        build(
            id=held.statement,
            verb=Verb.PASSED if decision.passed else Verb.FAILED,
            when=held.given,
            score=decision.percent,
            success=decision.passed,
            completion=decision.passed,
            response=f"urn:uuid:{row.pk}",
            rule=rule | {"inputs": {**inputs, **decision.inputs}},
            language=row.language or None,
            **shared,
        )
    ]
    if before is not None and before.passed and not decision.passed and _is_finished(enrolment, key):
        statements.append(
            build(
                id=uuid5(held.pk, "kept"),
                verb=Verb.COMPLETED,
                when=before.given or held.given,
                completion=True,
                rule=rule | {"inputs": {"submission": str(row.pk), "grading": str(before.pk)}},
                **shared,
            )
        )
    note_outcome(enrolment, activity=key, statements=statements)
    if before is not None and before.statement is not None:
        void(before.statement, by=key_for(held.grader) if held.grader else shared["actor"], reason=REGRADED)


def _is_finished(enrolment: Enrolment, key: UUID) -> bool:
    found = progress_of(enrolment).get(key)
    return found is not None and found.status == ActivityProgress.Status.COMPLETED


def _tell(row: Submission, held: Grading, before: Grading | None, actor: User) -> None:
    """The audit trail, nowhere in the tree: managers read the rows of their branch, and this is no final result."""
    person, code = row.enrolment.user, row.enrolment.course.code

    def result(grading: Grading) -> dict[str, Any]:
        return {"points": grading.points, "maximum": grading.maximum, "sufficient": grading.passed}

    record_change(
        actor=actor,
        code="assessments.work-graded-again" if before else "assessments.work-graded",
        obj=row,
        about=person,
        branch="",
        before=result(before) if before else None,
        after={"course": code, **result(held)},
        # The reason is for the learner, and erased with the comments.
    )
    if person is not None:
        notify(
            person,
            "assessments.work-graded",
            context={"code": code},
            url=reverse("activity", args=[code, row.assignment.key.hex[:8]]),
            key=f"work-graded {held.pk}",
            actor=actor,
        )


# --- what all of them ask first -------------------------------------------------------------------------------------


def rubric_for(row: Submission) -> rubrics.RubricView:
    """The rubric by which this work is graded, in the active language."""
    assert row.rubric is not None
    return rubrics.view_of(row.rubric.data, row.rubric.digest)


def levels_of(grading: Grading) -> dict[str, int]:
    """The levels that are chosen."""
    return {slug: said["level"] for slug, said in grading.scores.items() if "level" in said}


def given_of(row: Submission) -> Grading | None:
    """The grading that counts: the last one given. 1 query."""
    return row.gradings.filter(status=Grading.Status.GIVEN).order_by("-given").first()


def _graded_by(submission: Submission, actor: User) -> Submission:
    """The submission, locked after its enrolment, for somebody who may grade it. Raises Refused."""
    enrolment = locked_enrolment(submission.enrolment_id)
    rows = Submission.objects.select_for_update(of=("self",)).select_related("assignment", "rubric")
    row = rows.get(pk=submission.pk)
    row.enrolment = enrolment
    if enrolment.user is None or enrolment.status == Enrolment.Status.WITHDRAWN:
        raise Refused(_("This person is no longer enrolled in the course."))
    if enrolment.user_id == actor.pk:
        raise Refused(_("Nobody grades their own work."), _("Another instructor does."))
    allowed(actor, Capability.GRADE, enrolment)
    if row.status == Submission.Status.DRAFT or row.rubric is None:
        raise Refused(_("This work is not handed in yet."))
    return row


def _own_draft(grading: Grading, row: Submission, actor: User) -> Grading:
    held = Grading.objects.select_for_update(of=("self",)).select_related("grader").get(pk=grading.pk)
    if held.grader_id != actor.pk:
        raise Refused(_("Only the person who reads this work fills this in."))
    if held.status != Grading.Status.DRAFT:
        raise Refused(_("This grading is given; it can no longer be changed."), _("Grade the work again instead."))
    if row.reader_id != actor.pk:
        raise Refused(
            _("Somebody else has taken this work since, or it is graded already. Your draft is as you saved it last."),
            _("Look at the page again."),
        )
    return held
