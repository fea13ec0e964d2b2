"""Every write of the assessments room: the bank of questions, and attempts from the first press to the result."""

from assessments.services.attempts import (
    GRACE,
    Saved,
    answered_in,
    check_answer,
    close_overdue,
    keep_time,
    mark_of,
    mark_reread,
    save_answers,
    settle,
    start_attempt,
    still_frozen,
    submit,
)
from assessments.services.bank import QuestionEntry, Stored, store_questions, store_quiz
from assessments.services.freezing import freeze_attempts, thaw_attempts

__all__ = [
    "GRACE",
    "QuestionEntry",
    "Saved",
    "Stored",
    "answered_in",
    "check_answer",
    "close_overdue",
    "freeze_attempts",
    "keep_time",
    "mark_of",
    "mark_reread",
    "save_answers",
    "settle",
    "start_attempt",
    "still_frozen",
    "store_questions",
    "store_quiz",
    "submit",
    "thaw_attempts",
]
