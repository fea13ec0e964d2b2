"""What the record keeps of an attempt that was handed in.

One `answered` per answer, one `passed`, `failed` or `completed` for the quiz. What a person typed never enters a
statement: only codes of choices, or a reference to the row that holds the words and can be erased.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.utils.translation import get_language

from assessments import kinds
from assessments.kinds import Grade
from assessments.models import Attempt, AttemptItem, Use
from assessments.scoring import Result, rounded_down
from courses import rules
from records.statements import build
from records.verbs import Verb

_QUESTIONS = uuid5(NAMESPACE_URL, "urn:uuid:e0853c37-68dc-4b79-b597-4347afc9a717#question")


def question_key(slug: str) -> UUID:
    """The key under which the record knows a question: the same on every installation."""
    return uuid5(_QUESTIONS, slug)


def statements_of(
    attempt: Attempt, graded: Sequence[tuple[AttemptItem, Grade]], outcome: Result, *, actor: UUID
) -> list[dict[str, Any]]:
    """The statements of a submitted attempt (its enrolment loaded). Their ids follow from the attempt's: a repeat is a
    repeat for the record, too."""
    assert attempt.submitted is not None
    language = get_language()
    made: list[dict[str, Any]] = []
    for item, grade in graded:
        question = item.version.question
        if not kinds.is_answered(question.kind, item.answer):
            continue
        made.append(
            build(
                id=uuid5(attempt.pk, f"answered {item.position}"),
                actor=actor,
                verb=Verb.ANSWERED,
                activity=question_key(question.slug),
                registration=attempt.enrolment_id,
                when=_when(item, attempt.submitted),
                score=rounded_down(grade.score * 100, 2),
                success=grade.full,
                response=response_of(question.kind, item.answer) or f"urn:uuid:{attempt.pk}#{item.position}",
                revision=item.version.number,
                parent=attempt.quiz.key,
                language=language,
            )
        )
    exam = attempt.quiz.use == Use.EXAM
    inputs = {
        "attempt": str(attempt.pk),
        "points": rounded_down(outcome.total.points, 2),
        "maximum": outcome.total.count,
        "closed_by": attempt.closed_by,
        **({"pass_mark": outcome.pass_mark} if exam else {}),
    }
    made.append(
        build(
            id=uuid5(attempt.pk, "outcome"),
            actor=actor,
            verb=(Verb.PASSED if outcome.passed else Verb.FAILED) if exam else Verb.COMPLETED,
            activity=attempt.quiz.key,
            registration=attempt.enrolment_id,
            when=attempt.submitted,
            score=rounded_down(outcome.total.percent, 2),
            success=outcome.passed if exam else None,
            completion=True,
            duration=max(0, int((attempt.submitted - attempt.started).total_seconds())),
            parent=attempt.enrolment.course.key,
            rule={
                "name": rules.PASSED if exam else rules.HANDED_IN,
                "version": attempt.enrolment.outline.number,
                "inputs": inputs,
            },
            language=language,
        )
    )
    return made


def response_of(kind: str, answer: Any) -> str:
    """The ids that were chosen, as xAPI 1.0.3 Data §2.4.4.1 writes them; empty for what a person typed."""
    if kind in ("single", "truefalse") and isinstance(answer, str):
        return answer
    if kind == "multiple" and isinstance(answer, list):
        return "[,]".join(map(str, answer))
    if kind in ("matching", "ordering") and isinstance(answer, dict):
        return "[,]".join(f"{key}[.]{value}" for key, value in sorted(answer.items()))
    return ""


def _when(item: AttemptItem, submitted: datetime) -> datetime:
    return min(item.answered_at or submitted, submitted)
