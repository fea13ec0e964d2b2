"""What this room knows of a person: attempts and answers. They hang on enrolments, and move with them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from assessments import privacy_written as written_work
from assessments.models import Accommodation, Attempt, AttemptItem, Grading, Reread, Submission, Use
from operations.words import in_language
from people import privacy, retention
from people.models import User
from people.privacy import hand_back, hand_over, written


def register() -> None:
    """Called once, from `AppConfig.ready`."""
    privacy.register(
        "assessments",
        label=_("Quizzes and assessments"),
        export=export,
        erase=erase,
        remains=remains,
        hinders=hinders,
        move=move,
        back=back,
        covers=[Attempt, AttemptItem, Reread, Accommodation, Submission, Grading],
        files=written_work.files,
        words={
            "attempts": _("Attempts handed in, with their results"),
            "answers": _("Answers"),
            "running": _("Attempts not handed in"),
            "course": _("Course"),
            "use": _("Kind"),
            "status": _("Status"),
            "begun": _("Begun on"),
            "handed_in": _("Handed in on"),
            "points": _("Points"),
            "maximum": _("Out of"),
            "passed": _("Passed"),
            "number": _("Number"),
            "question": _("Question"),
            "answer": _("Answer"),
            "answered": _("Answered on"),
            "extra": _("Extra time and tries"),
            "minutes": _("Extra minutes"),
            "percent": _("Extra time, in percent of the limit"),
            "tries": _("Extra tries"),
            "reason": _("Reason"),
            "given": _("Given on"),
            "ended": _("Ended on"),
            **written_work.WORDS,
        },
    )
    retention.register("answers", _forget)


def export(user: User) -> dict[str, Any]:
    """Attempts, and what the person had beyond what everybody has."""
    return {
        "attempts": _attempts(user),
        "extra": [
            {
                "course": row.course.code,
                "minutes": row.minutes,
                "percent": row.percent,
                "tries": row.attempts,
                "reason": row.reason,
                "given": written(row.given),
                "ended": written(row.ended),
            }
            for row in Accommodation.objects.filter(user=user).select_related("course").order_by("given")
        ],
        **written_work.export(user),
    }


def _attempts(user: User) -> list[dict[str, Any]]:
    """Attempts with the answers given. The questions of final assessments are not told, nor which answers were right:
    that would be the key for the next person."""
    attempts = (
        Attempt.objects.filter(enrolment__user=user)
        .select_related("quiz", "enrolment__course")
        .prefetch_related("items__version")
        .order_by("started")
    )
    return [
        {
            "course": attempt.enrolment.course.code,
            "use": str(Use(attempt.quiz.use).label),
            "status": str(attempt.get_status_display()),
            "begun": written(attempt.started),
            "handed_in": written(attempt.submitted),
            "points": None if attempt.points is None else float(attempt.points),
            "maximum": attempt.maximum,
            "passed": attempt.passed,
            "answers": [_answer(item, told=attempt.quiz.use != Use.EXAM) for item in attempt.items.all()],
        }
        for attempt in attempts
    ]


def _answer(item: AttemptItem, *, told: bool) -> dict[str, Any]:
    return {
        "number": item.position,
        **({"question": in_language(item.version.body.get("prompt", {}))} if told else {}),
        "answer": item.answer,
        "answered": written(item.answered_at),
    }


def erase(user: User) -> dict[str, int]:
    """Delete answers and what was not handed in; results stay with the enrolment, which is nobody's."""
    running, _details = Attempt.objects.filter(enrolment__user=user, status=Attempt.Status.RUNNING).delete()
    given = AttemptItem.objects.filter(attempt__enrolment__user=user, answer__isnull=False)
    extra, _details = Accommodation.objects.filter(user=user).delete()
    Accommodation.objects.filter(given_by=user).update(given_by=None)
    return {"answers": _empty(given), "running": running, "extra": extra, **written_work.erase(user)}


def _empty(items: Any) -> int:
    count: int = AttemptItem.objects.filter(pk__in=items.values("pk")).update(answer=None, flagged=False)
    return count


def remains(user: User) -> dict[str, int]:
    return {
        "attempts": Attempt.objects.filter(enrolment__user=user, status=Attempt.Status.SUBMITTED).count(),
        **written_work.remains(user),
    }


def move(source: User, target: User) -> dict[str, Any]:
    """Give extra time and tries to `target`; where both had some at the same place, those of `target` count."""
    taken = {(row.course_id, row.quiz_id) for row in Accommodation.objects.filter(user=target, ended=None)}
    ended = [
        row.pk for row in Accommodation.objects.filter(user=source, ended=None) if (row.course_id, row.quiz_id) in taken
    ]
    Accommodation.objects.filter(pk__in=ended).update(ended=timezone.now())
    return {
        "ended": ended,
        "extra": hand_over(Accommodation.objects.filter(user=source), "user", target),
        "gave": hand_over(Accommodation.objects.filter(given_by=source), "given_by", target),
        **written_work.move(source, target),
    }


def back(moved: Any, source: User, target: User) -> None:
    hand_back(Accommodation, "user", moved["extra"], source, target)
    hand_back(Accommodation, "given_by", moved["gave"], source, target)
    Accommodation.objects.filter(pk__in=moved["ended"], user=source).update(ended=None)
    written_work.back(moved, source, target)


def hinders(source: User, target: User) -> str:
    if Attempt.objects.filter(enrolment__user__in=[source, target], status=Attempt.Status.RUNNING).exists():
        return _now("A quiz is running in one of the accounts. The person hands it in first.")
    return written_work.hinders(source, target)


def _forget(before: datetime) -> int:
    answers = _empty(AttemptItem.objects.filter(attempt__submitted__lt=before, answer__isnull=False))
    return answers + written_work.forget(before)
