"""Every write of the courses room that a person or a rule makes: enrolling, learning, the notebook (`learning`);
leading a cohort (`cohorts`, called by that name)."""

from courses.services.learning import (
    NOTE_LENGTH,
    Outcome,
    PrerequisitesMissing,
    change_note,
    complete_lesson,
    delete_note,
    effective_outline,
    enrol,
    evaluate,
    missing_prerequisites,
    open_activity,
    progress_of,
    record_outcome,
    withdraw,
    write_note,
)

__all__ = [
    "NOTE_LENGTH",
    "Outcome",
    "PrerequisitesMissing",
    "change_note",
    "complete_lesson",
    "delete_note",
    "effective_outline",
    "enrol",
    "evaluate",
    "missing_prerequisites",
    "open_activity",
    "progress_of",
    "record_outcome",
    "withdraw",
    "write_note",
]
