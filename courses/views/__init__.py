"""Screens of the room, one file a subject. Views parse, ask, call a service and show; they hold no rules."""

from courses.views.learning import (
    activity,
    catalogue,
    complete,
    course,
    course_print,
    enrol,
    lesson,
    note,
    notebook,
    notebook_delete,
    notebook_edit,
    notebook_export,
    reach,
    report,
    see_other,
    withdraw,
)

__all__ = [
    "activity",
    "catalogue",
    "complete",
    "course",
    "course_print",
    "enrol",
    "lesson",
    "note",
    "notebook",
    "notebook_delete",
    "notebook_edit",
    "notebook_export",
    "reach",
    "report",
    "see_other",
    "withdraw",
]
